import { InterruptedError, UserError } from "../common/errors.ts";
import { stackNames } from "../model/names.ts";
import { askLedger, copyLedger, type LedgerPlace, restoreLedger } from "./ledger-copy.ts";
import { readLines, writeLines } from "./lines.ts";
import { type RedisRecord, redisRecords, restoreRedis } from "./redis-copy.ts";
import type { DataStack } from "./reset.ts";
import { restoreS3, type S3Record, s3Records } from "./s3-copy.ts";
import { type SnapshotFacts, snapshotFiles } from "./snapshots.ts";

/** How long writes are held off at most: a command that was killed leaves a stack that goes on by itself. */
const longestMs = 30_000;

/** The parts whose memory belongs to the data that they were started with. */
const programs = ["service", "worker", "key-feeder"] as const;

/**
 * Copies ledger, Redis and S3 as they are at one moment. Redis lets all writes wait, and the ledger all commits, of whichever client, until the copies are there:
 * who sees the effect of a write has its cause in the copy too, as whoever writes one after the other waits with the next. Only a program that
 * writes to S3 alone is not held.
 * @param folder gets the files
 * @throws UserError where it took too long: then nothing is worth keeping
 */
export async function copyData(stack: DataStack, folder: string, signal?: AbortSignal): Promise<SnapshotFacts> {
  const { redis, s3 } = stack;
  const ledger = ledgerOf(stack);
  const files = snapshotFiles(folder);
  const began = performance.now();
  const savedAt = new Date().toISOString();
  const checkTime = () => {
    if (signal?.aborted === true) throw new InterruptedError("stopped: no snapshot was made, the stack goes on");
    if (performance.now() - began > longestMs)
      throw new UserError(`copying took more than ${longestMs / 1000} s, for which writes are held off: no snapshot was made`);
  };
  try {
    await redis.call("CLIENT", "PAUSE", longestMs, "WRITE");
    const { JournalEnd: end } = await askLedger(ledger, "hold", { Milliseconds: longestMs });
    const keys = await writeLines(files.redis, checked(redisRecords(redis), checkTime));
    await copyLedger(ledger, files.ledger, Number(end));
    let objects = 0;
    const counted = async function* () {
      for await (const record of checked(s3Records(s3), checkTime)) {
        if (record.object !== undefined) objects++;
        yield record;
      }
    };
    await writeLines(files.s3, counted());
    checkTime();
    return { savedAt, journalBytes: Number(end), keys, objects };
  } finally {
    await Promise.allSettled([redis.call("CLIENT", "UNPAUSE"), askLedger(ledger, "hold", { Milliseconds: 0 })]);
  }
}

async function* checked<T>(values: AsyncIterable<T>, check: () => void): AsyncGenerator<T> {
  for await (const value of values) {
    check();
    yield value;
  }
}

/**
 * Makes ledger, Redis and S3 what they were when a snapshot was taken. Service, worker and key-feeder are stopped meanwhile and start anew:
 * what they had in memory, and on its way, belongs to another time.
 * @returns once they are started; whether they answer is for the caller to wait for
 * @throws UserError where the copy cannot be put back: nothing has changed; where a later step fails, they stay stopped
 */
export async function restoreData(stack: DataStack, folder: string): Promise<void> {
  const { engine, name, redis, s3 } = stack;
  const { containers } = stackNames(name);
  const files = snapshotFiles(folder);
  const start = () => Promise.all(programs.map((role) => engine.start(containers[role])));
  await Promise.all(programs.map((role) => engine.stop(containers[role], { graceSeconds: 1 })));
  try {
    await restoreLedger(ledgerOf(stack), files.ledger);
  } catch (error) {
    await start();
    throw error;
  }
  try {
    await Promise.all([restoreS3(s3, () => readLines<S3Record>(files.s3)), restoreRedis(redis, readLines<RedisRecord>(files.redis))]);
  } catch (error) {
    throw new UserError(
      `the ledger is that of the snapshot, Redis and S3 are not; ${programs.join(", ")} stay stopped: ${error instanceof Error ? error.message : String(error)}`,
      `the same command again goes on; or ./nitro reset -s ${name} && ./nitro up -s ${name}`,
      { cause: error },
    );
  }
  await start();
}

function ledgerOf({ engine, name, ledger }: DataStack): LedgerPlace {
  const { containers, ledgerName } = stackNames(name);
  if (ledger === undefined) throw new UserError(`the ledger of stack "${name}" is at AWS (ledger mode aws): it is not copied here`);
  return { engine, container: containers.ledger, http: ledger, ledgerName };
}
