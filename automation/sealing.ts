import type { ContainerDetails, Engine } from "../docker/engine.ts";
import { isRemote } from "../docker/remote.ts";
import { asidePrefix, neededShares, sharePrefix, unsealedWords } from "../key-feeder/contract.ts";
import { innerPorts, stackNames } from "../model/names.ts";
import { reasonOf } from "../operators/payouts/reason.ts";

/** Whether the service can read its secrets, and how many key shares wait for it. */
export interface SealState {
  readonly sealed: boolean;
  /** Objects in S3 that the service takes for shares, whoever put them. */
  readonly shares: number;
  /** Shares of other vaults that the key-feeder has set aside; undefined where there are none. */
  readonly aside?: number;
  /** Why it is sealed although there are shares enough, as far as that is known. */
  readonly cause?: string;
}

/** What the service's log says of its secrets. */
interface SaidOfSecrets {
  readonly sealed: boolean;
  /** The last reason it gave. */
  readonly reason?: string;
}

const requestTimeout = 3_000;

/** The service says so once for each key of its secrets, whatever else it logs; no call of its API tells. */
export function saysUnsealed(line: string): boolean {
  return line.includes(unsealedWords);
}

interface Service extends Pick<ContainerDetails, "name" | "created" | "finishedAt"> {
  /** Start of its program: later than the container's where it was swapped live. */
  readonly programSince?: string | undefined;
}

/**
 * When what a container logs began to be about its present run: the end of the run before. The engine notes the start only after
 * the process may have written its first lines.
 */
export function presentRun({ created, finishedAt, programSince }: Omit<Service, "name">): Date {
  return new Date(Math.max(Date.parse(created), Date.parse(finishedAt) || 0, programSince === undefined ? 0 : Date.parse(programSince)));
}

/**
 * Asks the service's log and LocalStack.
 * @param localstackPort on the engine's machine; undefined where it does not run
 */
export async function readSealing(
  engine: Pick<Engine, "logs" | "exec" | "host">,
  stack: string,
  service: Service,
  localstackPort: number | undefined,
): Promise<SealState> {
  const [{ sealed, reason }, keys] = await Promise.all([
    readSaid(engine, service),
    localstackPort === undefined ? [] : listShares(engine, stack, localstackPort),
  ]);
  const [shares = 0, aside = 0] = [sharePrefix, asidePrefix].map((prefix) => keys.filter((key) => key.startsWith(prefix)).length);
  const cause = sealed ? sealedBecause(shares, reason) : undefined;
  return { sealed, shares, ...(aside === 0 ? {} : { aside }), ...(cause === undefined ? {} : { cause }) };
}

async function readSaid(engine: Pick<Engine, "logs">, service: Service): Promise<SaidOfSecrets> {
  let reason: string | undefined;
  for await (const { line } of engine.logs(service.name, { since: presentRun(service) })) {
    if (saysUnsealed(line)) return { sealed: false };
    if (isAboutUnsealing(line)) reason = reasonOf(line);
  }
  return { sealed: true, ...(reason === undefined ? {} : { reason }) };
}

/** True for a line that tells why unsealing failed, and not for the answers of a sealed service, which say that it is. */
function isAboutUnsealing(line: string): boolean {
  return (
    /"error"|"level":"(error|fatal|panic)"/i.test(line) &&
    /share|shamir|secret|decrypt|identity/i.test(line) &&
    !/not yet loaded/.test(line)
  );
}

/**
 * Why a service is sealed although it has shares enough. Pure.
 * @param reason what it said last of it
 */
export function sealedBecause(shares: number, reason: string | undefined): string | undefined {
  if (shares < neededShares) return undefined;
  const others = shares > neededShares ? `${shares - neededShares} of them not of the same vault` : undefined;
  const parts = [others, reason === undefined ? undefined : `the service says: ${reason}`].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join("; ");
}

/** How waiting for the service's secrets ended. */
export type Unsealing = "unsealed" | "ended" | "stopped";

/**
 * Waits until the service has its secrets.
 * @param signal ends the waiting
 * @returns ended: the service did
 */
export async function waitUnsealed(engine: Pick<Engine, "logs">, service: Service, signal: AbortSignal): Promise<Unsealing> {
  for await (const { line } of engine.logs(service.name, { since: presentRun(service), follow: true, signal })) {
    if (saysUnsealed(line)) return "unsealed";
  }
  return signal.aborted ? "stopped" : "ended";
}

/** S3's ListObjectsV2; LocalStack takes it unsigned. A bucket that is not there yet holds nothing. */
async function listShares(engine: Pick<Engine, "exec" | "host">, stack: string, port: number): Promise<string[]> {
  const { buckets, containers } = stackNames(stack);
  const query = `/${buckets.shares}?list-type=2`;
  try {
    // On another machine LocalStack's own container asks: that needs no tunnel.
    if (isRemote(engine)) {
      const url = `http://127.0.0.1:${innerPorts.localstack}${query}`;
      const { exitCode, stdout } = await engine.exec(containers.localstack, ["curl", "-fsS", "-m", String(requestTimeout / 1000), url]);
      return exitCode === 0 ? listedKeys(stdout) : [];
    }
    const answer = await fetch(`http://127.0.0.1:${port}${query}`, { signal: AbortSignal.timeout(requestTimeout) });
    return answer.ok ? listedKeys(await answer.text()) : [];
  } catch {
    return [];
  }
}

/** @param xml a ListBucketResult, whose keys hold nothing that XML escapes */
export function listedKeys(xml: string): string[] {
  return [...xml.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = ""]) => key);
}
