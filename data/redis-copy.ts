import type { Redis } from "ioredis";
import { databases } from "./reset-redis.ts";

/** A key with all that is in it. */
export interface RedisRecord {
  readonly database: number;
  /** Base64. */
  readonly key: string;
  /** How long it has to live, in ms; 0 for ever. */
  readonly ttl: number;
  /** What DUMP gives, base64. */
  readonly dump: string;
}

/** How many keys are read at a time. */
const perRead = 500;

/** Reads a Redis that nobody writes to. */
export async function* redisRecords(redis: Redis): AsyncGenerator<RedisRecord> {
  try {
    for (const { index } of await databases(redis)) {
      await redis.select(index);
      yield* keysOf(redis, index);
    }
  } finally {
    await redis.select(0);
  }
}

async function* keysOf(redis: Redis, database: number): AsyncGenerator<RedisRecord> {
  const seen = new Set<string>();
  let cursor = "0";
  do {
    const [next, found] = await redis.scanBuffer(cursor, "COUNT", perRead);
    cursor = next.toString();
    const keys = found.filter((key) => !seen.has(key.toString("base64")));
    for (const key of keys) seen.add(key.toString("base64"));
    const read = await Promise.all(keys.map(async (key) => ({ key, dump: await redis.dumpBuffer(key), ttl: await redis.pttl(key) })));
    for (const { key, dump, ttl } of read) {
      // Its time was over a moment ago.
      if (dump === null || ttl === -2) continue;
      yield { database, key: key.toString("base64"), ttl: Math.max(0, ttl), dump: dump.toString("base64") };
    }
  } while (cursor !== "0");
}

/** Puts keys in the place of all that there is, in one piece; what they have to live is counted from now on. */
export async function restoreRedis(redis: Redis, records: AsyncIterable<RedisRecord>): Promise<void> {
  const transaction = redis.multi().flushall("SYNC");
  let selected = 0;
  for await (const { database, key, ttl, dump } of records) {
    if (database !== selected) transaction.select(database);
    selected = database;
    transaction.restore(Buffer.from(key, "base64"), ttl, Buffer.from(dump, "base64"));
  }
  for (const [error] of (await transaction.select(0).exec()) ?? []) if (error !== null) throw error;
}
