import { styleText } from "node:util";
import { seconds } from "../../common/progress.ts";
import { table } from "../../common/table.ts";
import { operatorNames } from "../../key-feeder/contract.ts";
import { counts, isDone, type PaymentState, type PaymentView } from "../../operators/payouts/payout.ts";
import type { ListedPayout } from "../../operators/payouts/register.ts";

/** One row a payment. */
export function paymentTable(payments: readonly PaymentView[]): string {
  const rows = payments.map((payment) => [
    payment.to,
    payment.amount,
    payment.documentId ?? "",
    isRight(payment) ? colour(payment.state) : `${colour(payment.state)}, should be ${payment.expected}`,
    payment.ms === undefined ? "" : seconds(payment.ms),
  ]);
  return table(["to", "amount", "documentId", "state", "took"], rows);
}

/** The last line: how many, where they are, and how long the slowest took. */
export function payoutSummary(payoutId: string, payments: readonly PaymentView[]): string {
  const slowest = Math.max(0, ...payments.map(({ ms = 0 }) => ms));
  const wrong = payments.filter((payment) => !isRight(payment)).length;
  const verdict = wrong === 0 ? "" : `; ${wrong} ${wrong === 1 ? "is" : "are"} not where ${wrong === 1 ? "it" : "they"} should be`;
  return `payout ${payoutId}: ${payments.length} payment${payments.length === 1 ? "" : "s"}, ${counts(payments)} in ${seconds(slowest)}${verdict}\n`;
}

/** What people do about payments that are left to them, in a line; none where no payment is. */
export function nextStep(payoutId: string, payments: readonly PaymentView[], stack: string): string {
  if (!payments.some(({ state, expected }) => state === "prepared" && expected === "prepared")) return "";
  const operators = operatorNames.map((_, index) => ` --operator ${index + 1}`).join("");
  return `next: ./nitro operator authorize ${payoutId} -s ${stack}${operators}\n`;
}

/** True for a payment that ended where it should. */
export function isRight(payment: PaymentView): boolean {
  return isDone(payment) && payment.state === payment.expected;
}

function colour(state: PaymentState): string {
  if (state === "paid") return styleText("green", state);
  return state === "failed" ? styleText("red", state) : styleText("yellow", state);
}

/** One row a payout. */
export function payoutTable(payouts: readonly ListedPayout[], stack: string): string {
  if (payouts.length === 0) return `there are no payouts yet: ./nitro pay -s ${stack}\n`;
  const rows = payouts.map(({ payoutId, payments, prepared, paid, failed, worker, behind }) => [
    payoutId,
    ...[payments, prepared, paid, failed].map(String),
    behind === undefined ? worker : `${worker} behind ${behind}`,
  ]);
  return table(["payout", "payments", "prepared", "paid", "failed", "worker"], rows);
}
