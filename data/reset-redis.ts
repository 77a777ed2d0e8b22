import type { Redis } from "ioredis";
import { prepareConfigStream, submitConfigStream } from "../key-feeder/contract.ts";
import { cancelOpenPayouts } from "../operators/payouts/cancel.ts";
import { workerGroup } from "../operators/payouts/orders.ts";

/** Where to give up what was under way a moment for its last words, in ms. */
const lastWordsMs = 100;

/** What a Redis held that is empty now. */
export interface RedisReset {
  /** In all of its databases. */
  readonly keys: number;
  /** Payouts that were not done; they never will be. */
  readonly cancelled: readonly string[];
}

/**
 * Empties a stack's Redis. The worker lets go of what it is at before, and finds its streams and groups as in a new stack.
 * @param workerRuns false: nobody is there to let go of anything
 */
export async function resetRedis(redis: Redis, workerRuns: boolean): Promise<RedisReset> {
  const keys = await countKeys(redis);
  const cancelled = await cancelOpenPayouts(redis, workerRuns);
  await flush(redis);
  if (cancelled.length > 0) {
    // The key-feeder may have been about to write down an order that it had read.
    await new Promise((resolve) => setTimeout(resolve, lastWordsMs));
    await flush(redis);
  }
  return { keys, cancelled };
}

/** Keys of all databases: `db0:keys=12,expires=0,…`. */
export async function countKeys(redis: Redis): Promise<number> {
  return (await databases(redis)).reduce((sum, { keys }) => sum + keys, 0);
}

/** The databases that hold anything. */
export async function databases(redis: Redis): Promise<{ readonly index: number; readonly keys: number }[]> {
  const found = (await redis.info("keyspace")).matchAll(/^db(\d+):keys=(\d+)/gm);
  return [...found].map(([, index, keys]) => ({ index: Number(index), keys: Number(keys) }));
}

/** In one piece: nobody finds the streams gone. */
async function flush(redis: Redis): Promise<void> {
  const transaction = redis.multi().flushall("SYNC");
  for (const stream of [prepareConfigStream, submitConfigStream])
    transaction.xgroup("CREATE", stream, workerGroup(stream), "0", "MKSTREAM");
  for (const [error] of (await transaction.exec()) ?? []) if (error !== null) throw error;
}
