import { generateKeyPairSync } from "node:crypto";
import { Redis } from "ioredis";
import { errorMessage, UserError } from "../../common/errors.ts";
import { dataField, manualKey, prepareConfigStream, prepareStream, responseStream, submitStream } from "../../key-feeder/contract.ts";
import { order, type PaymentDetails } from "../../key-feeder/payouts/messages.ts";
import { createSigner } from "../../key-feeder/payouts/signer.ts";
import { type StreamEntry, Streams } from "../../key-feeder/payouts/streams.ts";
import type { PayoutEntries } from "./payout.ts";
import { prepareMessage } from "./prepare.ts";

const beginning = "0-0";

/** What makes a client trust a Redis that speaks TLS. @param authority the certificate of its authority, PEM */
export function trusting(redisUrl: string, authority: string | undefined): { tls?: { ca: string | undefined } } {
  return redisUrl.startsWith("rediss:") ? { tls: { ca: authority } } : {};
}

/**
 * Connects to a stack's Redis.
 * @param authority the certificate of the stack's, PEM: for rediss://
 * @throws UserError where it does not answer
 */
export async function connectPayouts(redisUrl: string, stack: string, authority?: string): Promise<Redis> {
  const redis = new Redis(redisUrl, {
    ...trusting(redisUrl, authority),
    lazyConnect: true,
    connectTimeout: 3_000,
    maxRetriesPerRequest: 3,
    commandTimeout: 20_000,
    protocol: 2,
  });
  const problems: string[] = [];
  redis.on("error", (error) => problems.push(errorMessage(error)));
  try {
    await redis.connect();
    return redis;
  } catch (error) {
    redis.disconnect();
    throw silentRedis(redisUrl, stack, problems[0] || errorMessage(error));
  }
}

/**
 * What an error means that came while a stack's Redis was used: ioredis words for a connection that is gone, or any other error as it is.
 * @returns a UserError where Redis does not answer any more (the stack was taken down meanwhile)
 */
export function redisProblem(error: unknown, redisUrl: string, stack: string): unknown {
  const lost = error instanceof Error && (error.name === "MaxRetriesPerRequestError" || lostConnection.has(error.message));
  return lost
    ? silentRedis(redisUrl, stack, error.name === "MaxRetriesPerRequestError" ? "the connection was closed" : error.message)
    : error;
}

/** How ioredis says it; these errors have no name or code of their own. */
const lostConnection: ReadonlySet<string> = new Set(["Command timed out", "Connection is closed."]);

function silentRedis(redisUrl: string, stack: string, why: string): UserError {
  return new UserError(
    `the Redis of stack "${stack}" does not answer at ${new URL(redisUrl).host} (${why})`,
    `./nitro status -s ${stack} says what runs, ./nitro up -s ${stack} brings it back`,
  );
}

/** The streams of one payout. */
export class PayoutStreams {
  private readonly redis: Redis;
  private readonly streams: Streams;
  readonly payoutId: string;
  private readonly parts: { -readonly [Part in keyof PayoutEntries]: StreamEntry[] } = {
    requests: [],
    prepared: [],
    submits: [],
    submitted: [],
  };
  private readonly names: ReadonlyMap<string, keyof PayoutEntries>;
  private readonly positions: Map<string, string>;

  constructor(redis: Redis, payoutId: string) {
    this.redis = redis;
    this.streams = new Streams(redis);
    this.payoutId = payoutId;
    const prepare = prepareStream(payoutId);
    const submit = submitStream(payoutId);
    this.names = new Map([
      [prepare, "requests"],
      [responseStream(prepare), "prepared"],
      [submit, "submits"],
      [responseStream(submit), "submitted"],
    ]);
    this.positions = new Map([...this.names.keys()].map((name) => [name, beginning]));
  }

  /** @returns the streams with everything that is on them now */
  static async whole(redis: Redis, payoutId: string): Promise<PayoutStreams> {
    const streams = new PayoutStreams(redis, payoutId);
    while (await streams.next(1)) {}
    return streams;
  }

  /**
   * Puts the payout's prepare requests and the order for the worker, all of it or nothing.
   * @param host of the service, as it is signed
   * @param manual true: the payout is left to a person, whatever the stack does with others
   */
  async put(payments: readonly PaymentDetails[], host: string, manual: boolean): Promise<void> {
    const stream = prepareStream(this.payoutId);
    const transaction = this.redis.multi();
    if (manual) transaction.sadd(manualKey, this.payoutId);
    const signer = createSigner(generateKeyPairSync("ed25519").privateKey);
    for (const payment of payments) transaction.xadd(stream, "*", dataField, JSON.stringify(prepareMessage(signer, host, payment)));
    transaction.xadd(prepareConfigStream, "*", dataField, JSON.stringify(order(this.payoutId, stream, payments.length)));
    for (const [error] of (await transaction.exec()) ?? []) if (error !== null) throw error;
  }

  /** @returns true where a person has taken over the payout */
  isManual(): Promise<boolean> {
    return this.streams.isManual(this.payoutId);
  }

  /** Everything that was read so far. */
  get entries(): PayoutEntries {
    return this.parts;
  }

  /**
   * Reads on, waiting for news.
   * @returns false where none came
   */
  async next(waitMs: number): Promise<boolean> {
    const entries = await this.streams.read(this.positions, waitMs);
    for (const entry of entries) {
      const part = this.names.get(entry.stream);
      if (part !== undefined) this.parts[part].push(entry);
      this.positions.set(entry.stream, entry.id);
    }
    return entries.length > 0;
  }
}
