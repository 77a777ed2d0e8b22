import type { ConnectionOptions } from "node:tls";
import { Redis } from "ioredis";
import { dataField, documentsKey, firstKey, manualKey, payoutKey, payoutsKey, submitConfigStream, submitStream } from "../contract.ts";
import type { RedisSettings } from "../settings.ts";
import type { Order, RequestMessage } from "./messages.ts";
import { firstScript, secondScript } from "./scripts.ts";

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
  /** Answers to prepare up to this entry were dealt with. */
  readonly position: string;
  /** Answers to submit up to this entry were. */
  readonly answered: string;
  /** How many of its payments were authorized by the first operator or left alone. */
  readonly dealtWith: number;
}

/** An operator's authorization of a payment, which `paymentKey` names. */
export interface Authorization {
  readonly payment: string;
  readonly message: RequestMessage;
}

export interface FirstAuthorization extends Authorization {
  readonly documentId: string;
}

type PayoutRef = Pick<StoredPayout, "payoutId" | "batchSize">;

/** `fresh` counts the payments authorized by this call. */
export interface SubmitResult {
  /** `manual`: a person has taken over the payout. `unknown`: Redis does not remember the payout. Nothing was done in both cases. */
  readonly outcome: "done" | "manual" | "unknown";
  readonly fresh: number;
}

const beginning = "0-0";
const progressKey = "nitro:authorizer";

/**
 * Connects to Redis. While it is away, calls fail within seconds, and it is tried again at least once a second.
 * @param onError called for each failed try
 * @param secured whom it trusts, where Redis speaks TLS
 */
export function connectRedis(
  { tls, ...settings }: RedisSettings,
  onError: (error: Error) => void,
  secured: Pick<ConnectionOptions, "ca" | "rejectUnauthorized"> = {},
): Redis {
  const redis = new Redis({
    ...settings,
    ...(tls ? { tls: secured } : {}),
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
    const payouts = await Promise.all(payoutIds.map((payoutId) => this.payout(payoutId)));
    return { position, payouts };
  }

  /**
   * Remembers a payout together with how far orders were read. Ordered again, it keeps the larger count.
   * @returns `known`: Redis remembered it before
   */
  async remember(order: Order, position: string): Promise<{ readonly stored: StoredPayout; readonly known: boolean }> {
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
    return { stored: await this.payout(payoutId), known: known !== null };
  }

  private async payout(payoutId: string): Promise<StoredPayout> {
    const [stored, dealtWith] = await Promise.all([this.redis.hgetall(payoutKey(payoutId)), this.redis.scard(documentsKey(payoutId))]);
    return storedPayout(payoutId, stored, dealtWith);
  }

  /** Payments that the first operator has authorized and the second has not: `paymentKey` → documentId. */
  async firstOnly(payoutId: string): Promise<Map<string, string>> {
    return new Map(Object.entries(await this.redis.hgetall(firstKey(payoutId))));
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
   * Authorizes payments by the first operator, once: those dealt with before are passed over.
   * @param position the newest answer to prepare that was read
   */
  submitFirst(
    payout: PayoutRef,
    position: string,
    authorizations: readonly FirstAuthorization[],
    leftAlone: readonly string[],
  ): Promise<SubmitResult> {
    const { payoutId } = payout;
    const payments = authorizations.flatMap(({ documentId, payment, message }) => [documentId, payment, JSON.stringify(message)]);
    const keys = [documentsKey(payoutId), firstKey(payoutId)];
    return this.submit(firstScript, payout, position, keys, [authorizations.length, ...payments, ...leftAlone]);
  }

  /**
   * Authorizes payments by the second operator, once: those that the first has not authorized alone are passed over.
   * @param position the newest answer to submit that was read
   */
  submitSecond(payout: PayoutRef, position: string, authorizations: readonly Authorization[]): Promise<SubmitResult> {
    const payments = authorizations.flatMap(({ payment, message }) => [payment, JSON.stringify(message)]);
    return this.submit(secondScript, payout, position, [firstKey(payout.payoutId)], [authorizations.length, ...payments]);
  }

  private async submit(
    script: string,
    { payoutId, batchSize }: PayoutRef,
    position: string,
    furtherKeys: readonly string[],
    values: readonly (string | number)[],
  ): Promise<SubmitResult> {
    const stream = submitStream(payoutId);
    const order = { payoutId, consumerGroup: `${stream}-cg`, stream, batchSize };
    const keys = [manualKey, payoutKey(payoutId), stream, submitConfigStream, ...furtherKeys];
    const answer = await this.redis.call("EVAL", [script, keys.length, ...keys, payoutId, position, JSON.stringify(order), ...values]);
    const [outcome, fresh] = Array.isArray(answer) ? answer : [];
    return { outcome: outcome === "done" || outcome === "manual" ? outcome : "unknown", fresh: Number(fresh ?? 0) };
  }
}

function storedPayout(payoutId: string, stored: Record<string, string>, dealtWith: number): StoredPayout {
  const { stream = "", count = "0", batchSize = "10", position = beginning, answered = beginning } = stored;
  return { payoutId, stream, count: Number(count), batchSize: Number(batchSize), position, answered, dealtWith };
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
