import { randomBytes } from "node:crypto";
import type { Context } from "../../common/context.ts";
import { UserError } from "../../common/errors.ts";
import { unknownPayout } from "../../operators/payouts/authorize.ts";
import { cancelPayout } from "../../operators/payouts/cancel.ts";
import { equalPayments } from "../../operators/payouts/equal.ts";
import { readOpenOrders } from "../../operators/payouts/orders.ts";
import { type Authorizing, counts, isDone, isFinal, type PaymentView, paymentViews } from "../../operators/payouts/payout.ts";
import { PayoutStreams } from "../../operators/payouts/streams.ts";
import { stoppedParts } from "../connection.ts";
import { authorizeAsAll, authorizesItself, leftToPeople } from "./authorize.ts";
import type { PayoutStack } from "./connection.ts";
import { followPayout } from "./follow.ts";
import { isRight, nextStep, paymentTable, payoutSummary } from "./report.ts";

const interruptedExitCode = 130;
const pollMs = 250;
/** A payout of equal payments. */
export interface PayoutRequest {
  readonly count: number;
  readonly amount: string;
  readonly custodian: string;
  /** For this payout alone; by default as the stack does. */
  readonly authorization: "auto" | "manual" | undefined;
  readonly timeoutMs: number;
  readonly json: boolean;
}

/** Makes and follows payouts of one stack. */
export class Payer {
  private readonly stack: PayoutStack;
  private readonly context: Context;

  constructor(stack: PayoutStack, context: Context) {
    this.stack = stack;
    this.context = context;
  }

  async pay(request: PayoutRequest): Promise<number> {
    const { count, custodian, amount: each, authorization, timeoutMs, json } = request;
    const itself = authorizesItself(this.stack, authorization);
    const refusal = itself ? leftToPeople(this.stack, custodian) : undefined;
    if (refusal !== undefined) throw new UserError(`custodian ${custodian} is authorized by nobody: ${refusal}; no payout was made`);
    const payoutId = newPayoutId(new Date());
    const { redis, serviceHost, payout } = this.stack;
    const { from, currency } = payout;
    const streams = new PayoutStreams(redis, payoutId);
    const payments = equalPayments({ count, from, amount: each, currency, payoutId, custodian });
    await streams.put(payments, serviceHost, authorization === "manual");
    this.context.stderr.write(`payout ${payoutId}: ${count} payment${count === 1 ? "" : "s"}\n`);
    const { authorizing } = this.stack;
    const mode = itself ? "manual" : (authorization ?? authorizing.mode);
    let views = await this.follow(streams, { ...authorizing, mode }, count, timeoutMs);
    if (views !== undefined && itself) {
      await authorizeAsAll(this.stack, payoutId, timeoutMs, this.context);
      views = await this.follow(streams, { ...authorizing, mode: "auto" }, count, timeoutMs);
    }
    if (views === undefined) return interruptedExitCode;
    return this.print(payoutId, views, json);
  }

  async status(payoutId: string, json: boolean): Promise<number> {
    return this.print(payoutId, await this.payments(payoutId), json);
  }

  /** Removes a payout that is not at its end, and says so. @throws UserError for one that is, or is not known */
  async cancel(payoutId: string): Promise<number> {
    const { done, problem } = await this.remove(payoutId);
    this.context.stdout.write(`${done}\n`);
    if (problem !== undefined) this.context.stderr.write(`${problem}\n`);
    return problem === undefined ? 0 : 1;
  }

  /**
   * Removes a payout that is not at its end.
   * @returns what was done, and what was not, in a sentence each
   * @throws UserError for one that is at its end, or is not known
   */
  async remove(payoutId: string): Promise<{ done: string; problem: string | undefined }> {
    const { name, redis } = this.stack;
    const [payments, orders, stopped] = await Promise.all([
      this.payments(payoutId),
      readOpenOrders(redis),
      stoppedParts(name, this.context, ["worker"]),
    ]);
    if (payments.every(isFinal) && !orders.some((order) => order.payoutId === payoutId))
      throw new UserError(`payout ${payoutId} has come to its end: ${counts(payments)}`, `./nitro pay status ${payoutId} -s ${name}`);
    const workerRuns = !stopped.some(({ role }) => role === "worker");
    const ended = await cancelPayout(redis, payoutId, workerRuns);
    return {
      done: `payout ${payoutId} is cancelled: ${counts(payments)} before; what the ledger holds of it stays`,
      problem: ended ? undefined : `the worker did not end its order: ./nitro swap worker -s ${name} starts it anew`,
    };
  }

  /** Follows a payout until all its payments are paid or failed, however long that takes. */
  async watch(payoutId: string, json: boolean): Promise<number> {
    const { redis, authorizing } = this.stack;
    await this.payments(payoutId);
    const streams = new PayoutStreams(redis, payoutId);
    const read = async () => paymentViews(streams.entries, (await streams.isManual()) ? { ...authorizing, mode: "manual" } : authorizing);
    const look = async () => {
      let news = false;
      // All that is there at first is one piece of news.
      while (await streams.next(news ? 1 : pollMs).catch(() => false)) news = true;
      const now = await read();
      return { shown: counts(now), news, done: now.length > 0 && now.every(isFinal) ? now : undefined };
    };
    const views = await followPayout(this.stack, this.context, { payoutId, timeoutMs: Infinity, look, payments: read });
    return views === undefined ? interruptedExitCode : this.print(payoutId, views, json);
  }

  /** @throws UserError where there is no such payout */
  async payments(payoutId: string): Promise<readonly PaymentView[]> {
    const { name, redis, authorizing } = this.stack;
    const streams = await PayoutStreams.whole(redis, payoutId);
    const payments = paymentViews(streams.entries, (await streams.isManual()) ? { ...authorizing, mode: "manual" } : authorizing);
    if (payments.length === 0) throw unknownPayout(name, payoutId);
    return payments;
  }

  /** @returns the payments once all are done; undefined where the user stopped following. @throws UserError when nothing moves any more */
  private follow(
    streams: PayoutStreams,
    authorizing: Authorizing,
    count: number,
    timeoutMs: number,
  ): Promise<readonly PaymentView[] | undefined> {
    const payments = () => paymentViews(streams.entries, authorizing);
    const look = async () => {
      const news = await streams.next(pollMs).catch(() => false);
      const now = payments();
      return { shown: counts(now), news, done: now.length >= count && now.every(isDone) ? now : undefined };
    };
    return followPayout(this.stack, this.context, { payoutId: streams.payoutId, timeoutMs, look, payments: async () => payments() });
  }

  private print(payoutId: string, payments: readonly PaymentView[], json: boolean): number {
    const right = payments.every(isRight);
    const { stdout } = this.context;
    if (json) stdout.write(`${JSON.stringify({ payoutId, ok: right, payments }, null, 2)}\n`);
    else stdout.write(`${paymentTable(payments)}${payoutSummary(payoutId, payments)}${nextStep(payoutId, payments, this.stack.name)}`);
    return right ? 0 : 1;
  }
}

/** Such as "pay-20260921-142233-9f3a": says when, and is nobody else's. */
function newPayoutId(now: Date): string {
  const stamp = now.toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  return `pay-${stamp}-${randomBytes(2).toString("hex")}`;
}
