import type { Redis } from "ioredis";
import type { Engine } from "../docker/engine.ts";
import { stackNames } from "../model/names.ts";
import type { PayoutReport } from "../operators/payouts/attested-report.ts";
import { type Authorizing, counts, isFinal, type PaymentView, paymentViews } from "../operators/payouts/payout.ts";
import { readSaid } from "../operators/payouts/said.ts";
import { PayoutStreams } from "../operators/payouts/streams.ts";
import type { PayTool } from "./pay-tool.ts";
import { type WaitOptions, WaitTimeoutError } from "./wait-for.ts";

/** What a payout of a test is worked with. */
export interface TestPayoutArgs {
  readonly stack: string;
  readonly engine: Pick<Engine, "logs">;
  readonly redis: Redis;
  readonly pay: PayTool;
  readonly authorizing: Authorizing;
  /** Numbers of the operators. */
  readonly operators: readonly number[];
  /** Waits, and fails early where a part has ended. */
  waitFor(check: () => Promise<readonly PaymentView[] | undefined>, options: WaitOptions): Promise<readonly PaymentView[]>;
}

export type PayoutWait = Pick<WaitOptions, "timeoutMs">;

/** A payout that a test has made. */
export class TestPayout {
  readonly payoutId: string;
  private readonly args: TestPayoutArgs;

  constructor(payoutId: string, args: TestPayoutArgs) {
    this.payoutId = payoutId;
    this.args = args;
  }

  /** Its payments as they are now, in the order of the requests. */
  async payments(): Promise<readonly PaymentView[]> {
    const { redis, authorizing } = this.args;
    return paymentViews((await PayoutStreams.whole(redis, this.payoutId)).entries, authorizing);
  }

  /** Waits until every payment is prepared, or further. @throws WaitTimeoutError, PartEndedError */
  prepared(options?: PayoutWait): Promise<readonly PaymentView[]> {
    return this.wait("prepared", ({ state }) => state !== "waiting", options);
  }

  /** Waits until every payment is paid or failed. @throws WaitTimeoutError, PartEndedError */
  ended(options?: PayoutWait): Promise<readonly PaymentView[]> {
    return this.wait("paid or failed", isFinal, options);
  }

  /** Waits until every payment is paid. @throws Error where one failed, WaitTimeoutError, PartEndedError */
  async paid(options?: PayoutWait): Promise<readonly PaymentView[]> {
    const payments = await this.ended(options);
    if (payments.every(({ state }) => state === "paid")) return payments;
    throw new Error(`payout ${this.payoutId} is not paid: ${counts(payments)}`);
  }

  /** Authorizes what is prepared. @param operators their numbers, one after the other; by default all of them */
  async authorize(...operators: readonly number[]): Promise<void> {
    for (const operator of operators.length === 0 ? this.args.operators : operators) {
      const { held } = await this.args.pay.authorize(this.payoutId, operator);
      if (held > 0)
        throw new Error(`${held} payments of payout ${this.payoutId} wait for the other operator's authorization to be answered`);
    }
  }

  /** Judges the answers, and compares payments and sums with the requests. */
  report(): Promise<PayoutReport> {
    return this.args.pay.report(this.payoutId);
  }

  /** Has the worker try again at once. */
  async retry(): Promise<void> {
    await this.args.pay.retry(this.payoutId);
  }

  /** Removes it from Redis, wherever it is. What the ledger holds of it stays. */
  async cancel(): Promise<void> {
    await this.args.pay.cancel(this.payoutId);
  }

  private async wait(what: string, done: (payment: PaymentView) => boolean, options: PayoutWait = {}): Promise<readonly PaymentView[]> {
    const check = async () => {
      const payments = await this.payments();
      if (payments.length > 0 && payments.every(done)) return payments;
      throw new Error(counts(payments));
    };
    try {
      return await this.args.waitFor(check, { what: `payout ${this.payoutId} is ${what}`, ...options });
    } catch (error) {
      throw error instanceof WaitTimeoutError ? await this.explained(error) : error;
    }
  }

  /** Adds why it does not move, as far as that is known. */
  private async explained(error: WaitTimeoutError): Promise<WaitTimeoutError> {
    const { engine, stack, redis } = this.args;
    const { behind, says } = await readSaid(engine, stackNames(stack).containers.worker, redis, this.payoutId).catch(() => ({
      behind: undefined,
      says: undefined,
    }));
    const at = behind === undefined ? "" : `; the worker is at payout ${behind} and does one after the other`;
    return new WaitTimeoutError(`${error.message}${at}${says === undefined ? "" : `; the program says: ${says}`}`, { cause: error });
  }
}
