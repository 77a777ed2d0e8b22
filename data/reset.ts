import type { S3Client } from "@aws-sdk/client-s3";
import type { Redis } from "ioredis";
import type { Engine } from "../docker/engine.ts";
import type { LedgerHttp } from "../ledger/client/http.ts";
import { stackNames } from "../model/names.ts";
import { cancelOpenPayouts } from "../operators/payouts/cancel.ts";
import { type LocalStackReset, resetLocalStack } from "./reset-localstack.ts";
import { type RedisReset, resetRedis } from "./reset-redis.ts";

/** The parts of a stack that keep data. */
export const dataParts = ["ledger", "redis", "localstack"] as const;
export type DataPart = (typeof dataParts)[number];

/** A running stack, as whoever changes its data sees it. */
export interface DataStack {
  readonly name: string;
  readonly engine: Engine;
  readonly redis: Redis;
  readonly s3: S3Client;
  /** Where LocalStack answers. */
  readonly localstackUrl: string;
  /** Undefined in ledger mode aws, where it is not the stack's to change. */
  readonly ledger: LedgerHttp | undefined;
}

/** What was there, by part. */
export interface ResetReport {
  readonly ledger?: { readonly tables: number; readonly documents: number };
  readonly redis?: { readonly keys: number };
  readonly localstack?: LocalStackReset;
  /** Payouts that were not done, and cannot be any more. */
  readonly cancelled: readonly string[];
}

/**
 * Empties parts of a stack in place, while the executable runs on: its tables, streams, groups and buckets are there as in a new stack, and
 * the service stays as sealed or unsealed as it is. Without Redis or the ledger, payouts that are not done cannot go on: they are cancelled.
 */
export async function resetData(stack: DataStack, parts: readonly DataPart[]): Promise<ResetReport> {
  const { redis, s3, localstackUrl, ledger, name, engine } = stack;
  const { containers, buckets, configObject } = stackNames(name);
  const workerRuns = (await engine.inspect(containers.worker))?.status === "running";
  const [emptied, localstack] = await Promise.all([
    (async (): Promise<RedisReset> => {
      if (parts.includes("redis")) return resetRedis(redis, workerRuns);
      return { keys: 0, cancelled: parts.includes("ledger") ? await cancelOpenPayouts(redis, workerRuns) : [] };
    })(),
    parts.includes("localstack") ? resetLocalStack(s3, localstackUrl, { ...buckets, configObject }) : undefined,
  ]);
  // Last: what was under way has written its last by now.
  const counts = parts.includes("ledger") && ledger !== undefined ? await resetLedger(ledger, name) : undefined;
  return {
    ...(counts && { ledger: counts }),
    ...(parts.includes("redis") && { redis: { keys: emptied.keys } }),
    ...(localstack && { localstack }),
    cancelled: emptied.cancelled,
  };
}

async function resetLedger(ledger: LedgerHttp, stack: string): Promise<{ readonly tables: number; readonly documents: number }> {
  const answer = await ledger.control("POST", `/nitro/ledgers/${stackNames(stack).ledgerName}/reset`, {});
  return { tables: Number(answer.Tables), documents: Number(answer.Documents) };
}
