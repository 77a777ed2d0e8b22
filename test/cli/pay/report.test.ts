import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { isRight, nextStep, paymentTable, payoutSummary } from "../../../cli/pay/report.ts";
import { counts, type PaymentState, type PaymentView } from "../../../operators/payouts/payout.ts";

function payment(to: string, state: PaymentState, expected: PaymentState, ms?: number): PaymentView {
  const view = { to, amount: "1.5", custodian: "c", state, expected, authorizations: 2 };
  return ms === undefined ? view : { ...view, documentId: `doc-${to}`, ms };
}

const payments = [
  payment("payee-1", "paid", "paid", 800),
  payment("payee-2", "failed", "paid", 1_200),
  payment("payee-3", "waiting", "paid"),
];

test("where all are, the furthest first", () => {
  expect(counts(payments)).toBe("1 paid, 1 failed, 1 waiting");
  expect(counts([])).toBe("no payments");
});

test("a row a payment says where it should be when it is not there", () => {
  expect(stripVTControlCharacters(paymentTable(payments)).split("\n")).toEqual([
    "to       amount  documentId   state                    took",
    "payee-1  1.5     doc-payee-1  paid                     0.8s",
    "payee-2  1.5     doc-payee-2  failed, should be paid   1.2s",
    "payee-3  1.5                  waiting, should be paid",
    "",
  ]);
});

test("the summary counts, times the slowest and judges", () => {
  expect(payoutSummary("p", payments)).toBe("payout p: 3 payments, 1 paid, 1 failed, 1 waiting in 1.2s; 2 are not where they should be\n");
  expect(payoutSummary("p", payments.slice(0, 1))).toBe("payout p: 1 payment, 1 paid in 0.8s\n");
});

test("right is the expected end, not just the expected state", () => {
  expect(isRight(payment("a", "failed", "failed", 1))).toBe(true);
  expect(isRight(payment("a", "prepared", "prepared", 1))).toBe(true);
  expect(isRight(payment("a", "paid", "prepared", 1))).toBe(false);
  expect(isRight(payment("a", "prepared", "paid", 1))).toBe(false);
});

test("what is left to people is told with the command that goes on, and nothing of payments that end by themselves", () => {
  expect(nextStep("p", [payment("a", "prepared", "prepared", 1), payment("b", "paid", "paid", 1)], "alice")).toBe(
    "next: ./nitro operator authorize p -s alice --operator 1 --operator 2\n",
  );
  expect(nextStep("p", [...payments, payment("d", "prepared", "paid", 1)], "alice")).toBe("");
});
