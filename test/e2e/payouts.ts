import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import {
  dataField,
  prepareConfigStream,
  prepareStream,
  responseStream,
  submitConfigStream,
  submitStream,
} from "../../key-feeder/contract.ts";
import { order, parseAnswer } from "../../key-feeder/payouts/messages.ts";
import { waitFor } from "../../testing/wait-for.ts";

/** Plays the worker's part: what it would put on the streams of a payout. */
export class PreparedPayout {
  private readonly redis: Redis;
  readonly payoutId: string;
  /** The newest submitted message that was answered. */
  private accepted = "0-0";

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
      pipeline.xadd(responseStream(prepareStream(this.payoutId)), "*", dataField, answered(octets));
    }
    await pipeline.exec();
  }

  /** Answers what was submitted since the last call as a service does that takes every authorization. */
  async accept(): Promise<void> {
    const submitted = await this.redis.xrange(submitStream(this.payoutId), `(${this.accepted}`, "+");
    if (submitted.length === 0) return;
    const pipeline = this.redis.pipeline();
    const details = await this.details();
    for (const [, [, data = ""]] of submitted) {
      const { documentId } = JSON.parse(JSON.parse(data).request.octets) as { documentId: string };
      const octets = JSON.stringify({
        message: "submitted",
        code: 200,
        data: { status: "prepared", paymentDetails: details.get(documentId) },
      });
      pipeline.xadd(responseStream(submitStream(this.payoutId)), "*", dataField, answered(octets));
    }
    for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
    this.accepted = submitted.at(-1)?.[0] ?? this.accepted;
  }

  /** The prepared payments by document. */
  private async details(): Promise<Map<string, object>> {
    const answers = await this.redis.xrange(responseStream(prepareStream(this.payoutId)), "-", "+");
    return new Map(
      answers.flatMap(([, [, data = ""]]) => {
        const { documentId, ...details } = parseAnswer(data)?.body ?? {};
        return typeof documentId === "string" ? [[documentId, details]] : [];
      }),
    );
  }

  /** Accepts whatever is submitted until both operators' authorizations of so many payments are there. */
  async wholly(count: number): Promise<void> {
    const whole = async () => {
      await this.accept();
      return (await this.submitted()) >= 2 * count;
    };
    await waitFor(whole, { what: `${this.payoutId} is authorized`, timeoutMs: 60_000 });
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

/** An answer of 200, as the worker puts it on a stream. */
function answered(octets: string): string {
  return JSON.stringify({ id: randomUUID(), timestamp: new Date().toISOString(), response: { statusCode: 200, headers: {}, octets } });
}

/** 1, 2, … n */
export function numbers(n: number): number[] {
  return Array.from({ length: n }, (_, index) => index + 1);
}
