import type { ContainerDetails, Engine } from "../docker/engine.ts";
import { isRemote } from "../docker/remote.ts";
import { sharePrefix, unsealedWords } from "../key-feeder/contract.ts";
import { innerPorts, stackNames } from "../model/names.ts";

/** Whether the service can read its secrets, and how many key shares wait for it. */
export interface SealState {
  readonly sealed: boolean;
  readonly shares: number;
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
  const [sealed, shares] = await Promise.all([
    isSealed(engine, service),
    localstackPort === undefined ? 0 : countShares(engine, stack, localstackPort),
  ]);
  return { sealed, shares };
}

async function isSealed(engine: Pick<Engine, "logs">, service: Service): Promise<boolean> {
  for await (const { line } of engine.logs(service.name, { since: presentRun(service) })) {
    if (saysUnsealed(line)) return false;
  }
  return true;
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

/** S3's ListObjectsV2; LocalStack takes it unsigned. A bucket that is not there yet holds no shares. */
async function countShares(engine: Pick<Engine, "exec" | "host">, stack: string, port: number): Promise<number> {
  const { buckets, containers } = stackNames(stack);
  const query = `/${buckets.shares}?list-type=2&prefix=${sharePrefix}`;
  try {
    // On another machine LocalStack's own container asks: that needs no tunnel.
    if (isRemote(engine)) {
      const url = `http://127.0.0.1:${innerPorts.localstack}${query}`;
      const { exitCode, stdout } = await engine.exec(containers.localstack, ["curl", "-fsS", "-m", String(requestTimeout / 1000), url]);
      return exitCode === 0 ? countKeys(stdout) : 0;
    }
    const answer = await fetch(`http://127.0.0.1:${port}${query}`, { signal: AbortSignal.timeout(requestTimeout) });
    return answer.ok ? countKeys(await answer.text()) : 0;
  } catch {
    return 0;
  }
}

/** @param xml a ListBucketResult */
export function countKeys(xml: string): number {
  return xml.match(/<Key>/g)?.length ?? 0;
}
