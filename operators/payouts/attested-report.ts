import type { Redis } from "ioredis";
import { UserError } from "../../common/errors.ts";
import { prepareStream, responseStream, submitStream } from "../../key-feeder/contract.ts";
import {
  type PaymentDetails,
  type PreparedPayment,
  parseAnswer,
  parseRequestBody,
  paymentKey,
  preparedPayment,
} from "../../key-feeder/payouts/messages.ts";
import { judgeAnswer } from "../attestation.ts";
import { Sums } from "../report/decimal.ts";
import { type CheckedReport, paymentsOf } from "../report/report.ts";
import { unknownPayout } from "./authorize.ts";
import { stateIn } from "./payout.ts";
import { scanStream } from "./scan.ts";

/** Answers by what their signatures are worth. */
export type Signatures = Record<"attested" | "unknown" | "wrong", number>;

/** A payout, compared with what was asked for. */
export interface PayoutReport {
  readonly payoutId: string;
  /** Payments: asked for, prepared, and how they ended. */
  readonly payments: Record<"reported" | "prepared" | "paid" | "failed", number>;
  readonly sums: Readonly<Record<"reported" | "prepared" | "paid" | "failed", Sums>>;
  readonly signatures: Signatures;
  /** What is not as it should be, a line each. */
  readonly problems: readonly string[];
}

export interface ReportOptions {
  /** The stack's name, for messages. */
  readonly stack: string;
  /** What the payout is compared with; by default the requests that were sent. */
  readonly report?: CheckedReport;
  /** Gets each prepared payment once, in the order in which it was prepared: the attested report. */
  readonly onPrepared?: (payment: PreparedPayment) => void;
}

interface Reported {
  readonly currency: string;
  readonly amount: string;
  prepared: boolean;
  state?: "paid" | "failed";
}

/**
 * Reads every answer of a payout once, judges its signature, and compares payments and sums with the report.
 * @throws UserError where there is no such payout
 */
export async function reportPayout(redis: Redis, payoutId: string, options: ReportOptions): Promise<PayoutReport> {
  const problems: string[] = [];
  const signatures: Signatures = { attested: 0, unknown: 0, wrong: 0 };
  const sums = { reported: new Sums(), prepared: new Sums(), paid: new Sums(), failed: new Sums() };
  const payments = { reported: 0, prepared: 0, paid: 0, failed: 0 };
  const reported = new Map<string, Reported>();
  for await (const details of reportedPayments(redis, payoutId, options.report)) {
    const { currency, amount } = details;
    if (reported.has(paymentKey(details))) continue;
    reported.set(paymentKey(details), { currency, amount, prepared: false });
    payments.reported++;
    sums.reported.add(currency, amount);
  }
  if (reported.size === 0) throw unknownPayout(options.stack, payoutId);
  const judge = (what: string, answer: ReturnType<typeof parseAnswer>) => {
    const judged = judgeAnswer(answer?.headers ?? {}, answer?.octets ?? "");
    signatures[judged.verdict]++;
    if (judged.verdict === "wrong") problems.push(`the answer to ${what} cannot be trusted: ${judged.why}`);
    return judged.verdict !== "wrong";
  };
  const prepare = responseStream(prepareStream(payoutId));
  for await (const { id, data } of scanStream(redis, prepare)) {
    const answer = parseAnswer(data);
    const payment = preparedPayment(answer);
    if (!judge(`the prepare request of ${payment?.to ?? id}`, answer) || payment === undefined) continue;
    const expected = reported.get(paymentKey(payment));
    if (expected === undefined || payment.payoutId !== payoutId) {
      problems.push(
        `${payment.to} is prepared for ${payment.amount} ${payment.currency} by ${payment.custodian}, and the report has no such payment`,
      );
    } else if (!expected.prepared) {
      expected.prepared = true;
      payments.prepared++;
      sums.prepared.add(payment.currency, payment.amount);
      options.onPrepared?.(payment);
    }
  }
  for await (const { id, data } of scanStream(redis, responseStream(submitStream(payoutId)))) {
    const answer = parseAnswer(data);
    const { to, payment, state } = stateIn(answer);
    if (!judge(`an authorization of ${to || id}`, answer) || (state !== "paid" && state !== "failed")) continue;
    const expected = reported.get(payment);
    if (expected === undefined) problems.push(`${to} is ${state}, and the report has no such payment`);
    else if (expected.state === undefined) {
      expected.state = state;
      payments[state]++;
      sums[state].add(expected.currency, expected.amount);
    } else if (expected.state !== state) problems.push(`${to} is ${expected.state} by one answer and ${state} by another`);
  }
  if (payments.prepared < payments.reported)
    problems.push(`${payments.reported - payments.prepared} of ${payments.reported} payments are not prepared`);
  if (!sums.prepared.equals(sums.reported)) problems.push(`prepared are ${sums.prepared}, the report says ${sums.reported}`);
  return { payoutId, payments, sums, signatures, problems };
}

async function* reportedPayments(redis: Redis, payoutId: string, report: CheckedReport | undefined): AsyncGenerator<PaymentDetails> {
  if (report !== undefined) {
    if (report.payoutId !== payoutId) throw new UserError(`${report.path} is the report of payout ${report.payoutId}, not of ${payoutId}`);
    yield* paymentsOf(report);
    return;
  }
  for await (const { data } of scanStream(redis, prepareStream(payoutId))) {
    const { to, from, amount, currency, custodian } = parseRequestBody(data);
    const text = (value: unknown) => String(value ?? "");
    yield { to: text(to), from: text(from), amount: text(amount), currency: text(currency), payoutId, custodian: text(custodian) };
  }
}
