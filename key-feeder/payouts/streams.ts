import { Redis } from "ioredis";
import { dataField, manualKey, payoutKey, submitConfigStream, submitStream } from "../contract.ts";
import type { RedisSettings } from "../settings.ts";
import type { Order, RequestMessage } from "./messages.ts";

/** An entry of a stream. Its id begins with the time it was added, in milliseconds. */
export interface StreamEntry {
  readonly stream: string;
  readonly id: string;
  readonly data: string;
}

/** A payout as Redis remembers it. */
export interface StoredPayout {
  readonly payoutId: string;
  /** The stream of its prepare requests. */
  readonly stream: string;
  readonly count: number;
  readonly batchSize: number;
  /** Answers up to this entry were dealt with. */
  readonly position: string;
  /** How many of its payments were. */
  readonly dealtWith: number;
}

/** A payment's authorizations: one message for each operator, in the order of the operators. */
export interface Authorization {
  readonly documentId: string;
  readonly messages: readonly RequestMessage[];
}

/** `fresh` counts the payments authorized by this call. */
export interface SubmitResult {
  /** `manual`: a person has taken over the payout. `unknown`: Redis does not remember the payout. Nothing was done in both cases. */
  readonly outcome: "done" | "manual" | "unknown";
  readonly fresh: number;
}

const beginning = "0-0";
const progressKey = "nitro:authorizer";
const payoutsKey = "nitro:payouts";
const documentsKey = (payoutId: string) => `${payoutKey(payoutId)}:documents`;

/**
 * Puts authorizations and orders on the streams together with the record of them: all of it or nothing, whoever is killed.
 * Redis does not undo what a failing script has done: what can fail is looked at first.
 * KEYS: manual payouts, the payout, its documents dealt with, its submit stream, orders.
 * ARGV: the payout's id, position, order as JSON without count, number of operators, number of payments, then for each payment its documentId and
 * one message an operator, then the documentIds left alone.
 */
const submitScript = `
if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 1 then return {'manual', 0} end
if redis.call('EXISTS', KEYS[2]) == 0 then return {'unknown', 0} end
for i = 4, 5 do
  local kind = redis.call('TYPE', KEYS[i]).ok
  if kind ~= 'stream' and kind ~= 'none' then return redis.error_reply(KEYS[i] .. ' is a ' .. kind .. ', not a stream') end
end
local operators, payments = tonumber(ARGV[4]), tonumber(ARGV[5])
local width = operators + 1
local fresh = {}
for i = 0, payments - 1 do
  local at = 6 + i * width
  if redis.call('SADD', KEYS[3], ARGV[at]) == 1 then fresh[#fresh + 1] = at end
end
for i = 6 + payments * width, #ARGV do redis.call('SADD', KEYS[3], ARGV[i]) end
if #fresh > 0 then
  local order = cjson.decode(ARGV[3])
  order.count = #fresh
  for operator = 1, operators do
    for _, at in ipairs(fresh) do redis.call('XADD', KEYS[4], '*', '${dataField}', ARGV[at + operator]) end
    redis.call('XADD', KEYS[5], '*', '${dataField}', cjson.encode(order))
  end
end
redis.call('HSET', KEYS[2], 'position', ARGV[2])
return {'done', #fresh}
`;

/**
 * Connects to Redis. While it is away, calls fail within seconds, and it is tried again at least once a second.
 * @param onError called for each failed try
 */
export function connectRedis(settings: RedisSettings, onError: (error: Error) => void): Redis {
  const redis = new Redis({
    ...settings,
    connectionName: "key-feeder",
    maxRetriesPerRequest: 1,
    retryStrategy: (times) => Math.min(times * 100, 1_000),
    connectTimeout: 2_000,
    commandTimeout: 10_000,
    protocol: 2,
  });
  redis.on("error", onError);
  return redis;
}

/** The streams and the authorizer's memory in Redis. */
export class Streams {
  private readonly redis: Redis;

  constructor(redis: Redis) {
    this.redis = redis;
  }

  /** Everything that is remembered: how far orders were read, and all payouts. */
  async load(): Promise<{ position: string; payouts: StoredPayout[] }> {
    const position = (await this.redis.hget(progressKey, "position")) ?? beginning;
    const payoutIds = await this.redis.smembers(payoutsKey);
    const payouts = await Promise.all(
      payoutIds.map(async (payoutId) => {
        const [stored, dealtWith] = await Promise.all([this.redis.hgetall(payoutKey(payoutId)), this.redis.scard(documentsKey(payoutId))]);
        return storedPayout(payoutId, stored, dealtWith);
      }),
    );
    return { position, payouts };
  }

  /** Remembers a payout together with how far orders were read. Ordered again, it keeps the larger count. */
  async remember(order: Order, position: string): Promise<StoredPayout> {
    const { payoutId, stream, batchSize } = order;
    const known = await this.redis.hget(payoutKey(payoutId), "count");
    const count = Math.max(order.count, Number(known ?? 0));
    const results = await this.redis
      .multi()
      .sadd(payoutsKey, payoutId)
      .hset(payoutKey(payoutId), { stream, count, batchSize })
      .hset(progressKey, { position })
      .exec();
    for (const [error] of results ?? []) if (error !== null) throw error;
    const [stored, dealtWith] = await Promise.all([this.redis.hgetall(payoutKey(payoutId)), this.redis.scard(documentsKey(payoutId))]);
    return storedPayout(payoutId, stored, dealtWith);
  }

  /** Remembers that an entry of the orders was read that is no order. */
  async skip(position: string): Promise<void> {
    await this.redis.hset(progressKey, "position", position);
  }

  /** @returns those of the documents that were dealt with before */
  async dealtWith(payoutId: string, documentIds: readonly string[]): Promise<Set<string>> {
    if (documentIds.length === 0) return new Set();
    const flags = await this.redis.smismember(documentsKey(payoutId), ...documentIds);
    return new Set(documentIds.filter((_, index) => flags[index] === 1));
  }

  /** @returns true where a person has taken over the payout */
  async isManual(payoutId: string): Promise<boolean> {
    return (await this.redis.sismember(manualKey, payoutId)) === 1;
  }

  /** Redis's clock in milliseconds. */
  async now(): Promise<number> {
    const [seconds, microseconds] = await this.redis.time();
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  }

  /**
   * Waits for new entries.
   * @param positions stream → the id after which to read
   * @param blockMs how long to wait at most
   */
  async read(positions: ReadonlyMap<string, string>, blockMs: number): Promise<StreamEntry[]> {
    const arguments_ = ["COUNT", 1_000, "BLOCK", Math.max(1, Math.ceil(blockMs)), "STREAMS", ...positions.keys(), ...positions.values()];
    return entries(await this.redis.call("XREAD", arguments_));
  }

  /**
   * Authorizes payments, once: those dealt with before are passed over.
   * @param position the newest answer that was read
   */
  async submit(
    payout: Pick<StoredPayout, "payoutId" | "batchSize">,
    position: string,
    authorizations: readonly Authorization[],
    leftAlone: readonly string[],
  ): Promise<SubmitResult> {
    const { payoutId, batchSize } = payout;
    const stream = submitStream(payoutId);
    const order = { payoutId, consumerGroup: `${stream}-cg`, stream, batchSize };
    const operators = authorizations[0]?.messages.length ?? 0;
    const payments = authorizations.flatMap(({ documentId, messages }) => [
      documentId,
      ...messages.map((message) => JSON.stringify(message)),
    ]);
    const keys = [manualKey, payoutKey(payoutId), documentsKey(payoutId), stream, submitConfigStream];
    const head = [payoutId, position, JSON.stringify(order), operators, authorizations.length];
    const answer = await this.redis.call("EVAL", [submitScript, keys.length, ...keys, ...head, ...payments, ...leftAlone]);
    const [outcome, fresh] = Array.isArray(answer) ? answer : [];
    return { outcome: outcome === "done" || outcome === "manual" ? outcome : "unknown", fresh: Number(fresh ?? 0) };
  }
}

function storedPayout(payoutId: string, stored: Record<string, string>, dealtWith: number): StoredPayout {
  const { stream = "", count = "0", batchSize = "10", position = beginning } = stored;
  return { payoutId, stream, count: Number(count), batchSize: Number(batchSize), position, dealtWith };
}

/** XREAD answers `[[stream, [[id, [field, value, …]], …]], …]`, or nil when nothing came. */
function entries(answer: unknown): StreamEntry[] {
  if (!Array.isArray(answer)) return [];
  return answer.flatMap((part: unknown) => {
    const [stream, list] = Array.isArray(part) ? part : [];
    if (typeof stream !== "string" || !Array.isArray(list)) return [];
    return list.flatMap((entry: unknown) => {
      const [id, fields] = Array.isArray(entry) ? entry : [];
      if (typeof id !== "string" || !Array.isArray(fields)) return [];
      const at = fields.indexOf(dataField);
      const data: unknown = at === -1 ? "" : fields[at + 1];
      return [{ stream, id, data: typeof data === "string" ? data : "" }];
    });
  });
}
