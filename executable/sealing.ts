import { type AskedContainer, askContainer } from "../docker/ask.ts";
import type { Engine } from "../docker/engine.ts";
import { asidePrefix, neededShares, sharePrefix } from "../key-feeder/contract.ts";
import { innerPorts, stackNames } from "../model/names.ts";
import { readSecrets, type SecretsNotes, type ServiceRun } from "./service-secrets.ts";

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

/**
 * Asks the service and LocalStack.
 * @param localstackPort on the engine's machine; undefined where it does not run
 */
export async function readSealing(
  engine: Pick<Engine, "logs" | "exec" | "host">,
  service: ServiceRun,
  localstackPort: number | undefined,
  notes: SecretsNotes,
): Promise<SealState> {
  const [{ sealed, reason }, keys] = await Promise.all([
    readSecrets(engine, service, notes),
    localstackPort === undefined ? [] : shareKeys(engine, notes.stack, localstackPort),
  ]);
  const [shares = 0, aside = 0] = [sharePrefix, asidePrefix].map((prefix) => keys.filter((key) => key.startsWith(prefix)).length);
  const cause = sealed ? sealedBecause(shares, reason) : undefined;
  return { sealed, shares, ...(aside === 0 ? {} : { aside }), ...(cause === undefined ? {} : { cause }) };
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

/**
 * S3's ListObjectsV2; LocalStack takes it unsigned. A bucket that is not there yet holds nothing.
 * @param hostPort LocalStack's, on the engine's machine
 */
export async function shareKeys(engine: Pick<Engine, "exec" | "host">, stack: string, hostPort: number): Promise<string[]> {
  const answer = await askContainer(engine, localstackOf(stack, hostPort), `/${stackNames(stack).buckets.shares}?list-type=2`);
  return answer?.status === 200 ? listedKeys(answer.text) : [];
}

/** LocalStack, to be asked. */
export function localstackOf(stack: string, hostPort: number | undefined): AskedContainer {
  return { name: stackNames(stack).containers.localstack, innerPort: innerPorts.localstack, hostPort };
}

/** @param xml a ListBucketResult, whose keys hold nothing that XML escapes */
export function listedKeys(xml: string): string[] {
  return [...xml.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = ""]) => key);
}
