import { randomBytes } from "node:crypto";
import type { Context } from "../../common/context.ts";
import { UserError } from "../../common/errors.ts";
import { Progress, seconds } from "../../common/progress.ts";
import { type Look, type Moment, wait } from "../../common/waiting.ts";
import { cancelPayout } from "../../operators/payouts/cancel.ts";
import { readOpenOrders } from "../../operators/payouts/orders.ts";
import { type Authorizing, isDone, isFinal, type PaymentView, paymentViews } from "../../operators/payouts/payout.ts";
import { stalledProblem } from "../../operators/payouts/problem.ts";
import { PayoutStreams } from "../../operators/payouts/streams.ts";
import { type PayoutStack, stoppedParts } from "./connection.ts";
import { observe } from "./observe.ts";
import { counts, isRight, paymentTable, payoutSummary } from "./report.ts";

const interruptedExitCode = 130;
/** After so long without news it is worth looking why, and again each time as long. What the program says is told at once. */
const lookMs = 1_000;
/** After so long it is worth saying that nothing is known. */
const noteMs = 8_000;
const pollMs = 250;
/** News come one by one: what arrives meanwhile is shown together. */
const restMs = 50;

/** A payout of equal payments. */
export interface PayoutRequest {
  readonly count: number;
  readonly amount: string;
  readonly custodian: string;
  readonly manual: boolean;
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
    const { count, custodian, amount: each, manual, json } = request;
    const payoutId = newPayoutId(new Date());
    const { redis, serviceHost, payout } = this.stack;
    const { from, currency } = payout;
    const streams = new PayoutStreams(redis, payoutId);
    const payments = Array.from({ length: count }, (_, index) => ({
      to: `payee-${index + 1}`,
      from,
      amount: each,
      currency,
      payoutId,
      custodian,
    }));
    await streams.put(payments, serviceHost, manual);
    const authorizing: Authorizing = manual ? { ...this.stack.authorizing, mode: "manual" } : this.stack.authorizing;
    const views = await this.follow(streams, authorizing, count, request.timeoutMs);
    if (views === undefined) return interruptedExitCode;
    return this.print(payoutId, views, json);
  }

  async status(payoutId: string, json: boolean): Promise<number> {
    return this.print(payoutId, await this.payments(payoutId), json);
  }

  /** Removes a payout that is not at its end. @throws UserError for one that is, or is not known */
  async cancel(payoutId: string): Promise<number> {
    const { name, redis } = this.stack;
    const [payments, orders, stopped] = await Promise.all([
      this.payments(payoutId),
      readOpenOrders(redis),
      stoppedParts(name, this.context),
    ]);
    if (payments.every(isFinal) && !orders.some((order) => order.payoutId === payoutId))
      throw new UserError(`payout ${payoutId} has come to its end: ${counts(payments)}`, `./nitro pay status ${payoutId} -s ${name}`);
    const workerRuns = !stopped.some(({ role }) => role === "worker");
    const ended = await cancelPayout(redis, payoutId, workerRuns);
    this.context.stdout.write(`payout ${payoutId} is cancelled: ${counts(payments)} before; what the ledger holds of it stays\n`);
    if (!ended) this.context.stderr.write(`the worker did not end its order: ./nitro swap worker -s ${name} starts it anew\n`);
    return ended ? 0 : 1;
  }

  private async payments(payoutId: string): Promise<readonly PaymentView[]> {
    const { name, redis, authorizing } = this.stack;
    const streams = await PayoutStreams.whole(redis, payoutId);
    const payments = paymentViews(streams.entries, (await streams.isManual()) ? { ...authorizing, mode: "manual" } : authorizing);
    if (payments.length === 0) throw new UserError(`stack "${name}" knows no payout "${payoutId}"`, `./nitro pay ls -s ${name} lists them`);
    return payments;
  }

  /** @returns the payments once all are done; undefined where the user stopped following. @throws UserError when nothing moves any more */
  private async follow(
    streams: PayoutStreams,
    authorizing: Authorizing,
    count: number,
    timeoutMs: number,
  ): Promise<readonly PaymentView[] | undefined> {
    const { signal, stderr } = this.context;
    const { name, redis, payout } = this.stack;
    const { payoutId } = streams;
    const progress = new Progress(stderr);
    const stalled = async () => {
      const observed = await observe(name, this.context, redis, streams);
      const found = stalledProblem(
        { stack: name, payoutId, custodian: payout.custodian },
        paymentViews(streams.entries, authorizing),
        observed,
      );
      return { ...found, certain: observed.says !== undefined || observed.behind !== undefined || observed.stopped.length > 0 };
    };
    let shown = "";
    let told = "";
    let nextLook = 0;
    progress.line(`payout ${payoutId}: ${count} payment${count === 1 ? "" : "s"}`);
    const look = async ({ waited, silent }: Moment): Promise<Look<readonly PaymentView[]>> => {
      const news = await streams.next(pollMs).catch(() => false);
      const payments = paymentViews(streams.entries, authorizing);
      const now = counts(payments);
      if (now !== shown && stderr.isTTY !== true) progress.line(`  ${now} ${seconds(waited)}`);
      progress.status(`${now} ${seconds(waited)}`);
      shown = now;
      if (payments.length >= count && payments.every(isDone)) return { found: payments };
      if (!news && silent >= lookMs && waited >= nextLook) {
        const { message, hint, certain } = await stalled();
        if (message !== told && (certain || silent >= noteMs)) {
          progress.line(`no news for ${seconds(silent)}: ${message} (${hint})`);
          told = message;
        }
        nextLook = waited + lookMs;
      }
      return { seen: now, news };
    };
    const waited = await wait({ what: `payout ${payoutId}`, look }, { timeoutMs, intervalMs: restMs, signal });
    if (waited.end === "stopped") {
      progress.line(`stopped following; the payout goes on: ./nitro pay status ${payoutId} -s ${name}`);
      return undefined;
    }
    progress.status(undefined);
    if (waited.end === "found") return waited.value;
    const { message, hint } = await stalled();
    throw new UserError(`no news of payout ${payoutId} for ${seconds(timeoutMs)}: ${message}`, hint);
  }

  private print(payoutId: string, payments: readonly PaymentView[], json: boolean): number {
    const right = payments.every(isRight);
    const { stdout } = this.context;
    if (json) stdout.write(`${JSON.stringify({ payoutId, ok: right, payments }, null, 2)}\n`);
    else stdout.write(`${paymentTable(payments)}${payoutSummary(payoutId, payments)}`);
    return right ? 0 : 1;
  }
}

/** Such as "pay-20260921-142233-9f3a": says when, and is nobody else's. */
function newPayoutId(now: Date): string {
  const stamp = now.toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  return `pay-${stamp}-${randomBytes(2).toString("hex")}`;
}
