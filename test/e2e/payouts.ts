import type { Redis } from "ioredis";
import {
  dataField,
  prepareConfigStream,
  prepareStream,
  responseStream,
  submitConfigStream,
  submitStream,
} from "../../key-feeder/contract.ts";
import { order } from "../../key-feeder/payouts/messages.ts";

/** Plays the worker's part of preparing: what it would put on the streams of a payout. */
export class PreparedPayout {
  private readonly redis: Redis;
  readonly payoutId: string;

  constructor(redis: Redis, payoutId: string) {
    this.redis = redis;
    this.payoutId = payoutId;
  }

  /** Orders the payout to be prepared. */
  async order(count: number): Promise<void> {
    await this.redis.xadd(prepareConfigStream, "*", dataField, JSON.stringify(order(this.payoutId, prepareStream(this.payoutId), count)));
  }

  /** Answers that payments are prepared: `document` 3 is documentId `<payout>-3`. */
  async answer(documents: readonly number[], custodian = "dryrun-happypath"): Promise<void> {
    const pipeline = this.redis.pipeline();
    for (const document of documents) {
      const details = { to: `to-${document}`, from: "f", amount: "1", currency: "BAT", payoutId: this.payoutId, custodian };
      const octets = JSON.stringify({ ...details, documentId: `${this.payoutId}-${document}` });
      const data = JSON.stringify({ id: "x", timestamp: new Date().toISOString(), response: { statusCode: 200, headers: {}, octets } });
      pipeline.xadd(responseStream(prepareStream(this.payoutId)), "*", dataField, data);
    }
    await pipeline.exec();
  }

  /** How many messages were submitted. */
  submitted(): Promise<number> {
    return this.redis.xlen(submitStream(this.payoutId));
  }

  /** Messages by document and operator: `p-3 <key id>` → how many. */
  async authorizations(): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for (const { request } of await this.messages()) {
      const keyId = /keyId="([0-9a-f]{64})"/.exec(request.headers.signature ?? "")?.[1] ?? "";
      const key = `${(JSON.parse(request.octets) as { documentId: string }).documentId} ${keyId}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  }

  async messages(): Promise<{ request: { headers: Record<string, string>; octets: string } }[]> {
    return (await this.redis.xrange(submitStream(this.payoutId), "-", "+")).map(([, [, data = ""]]) => JSON.parse(data));
  }

  /** The counts of the orders to submit this payout. */
  async orders(): Promise<number[]> {
    const all = (await this.redis.xrange(submitConfigStream, "-", "+")).map(([, [, data = ""]]) => JSON.parse(data));
    return all.filter(({ payoutId }) => payoutId === this.payoutId).map(({ count }) => count);
  }
}

/** 1, 2, … n */
export function numbers(n: number): number[] {
  return Array.from({ length: n }, (_, index) => index + 1);
}
