import { expect, test } from "vitest";
import { type Decision, decide, mayAuthorize, type PayoutView } from "../../../key-feeder/payouts/authorizer.ts";
import type { PreparedPayment } from "../../../key-feeder/payouts/messages.ts";

const rules = { custodians: ["zebpay"], quietMs: 10_000 };

function payment(documentId: string, custodian = "dryrun-happypath"): PreparedPayment {
  return { documentId, custodian, to: documentId, from: "f", amount: "1", currency: "BAT", payoutId: "p" };
}

const [a, b, zebpay, uphold] = [payment("a"), payment("b", "dryrun-pay-fails"), payment("z", "zebpay"), payment("u", "uphold")];

interface Case {
  readonly what: string;
  readonly payout: PayoutView;
  readonly now: number;
  readonly decision: Decision;
}

const cases: readonly Case[] = [
  {
    what: "ordered, nothing prepared yet",
    payout: { count: 2, dealtWith: 0, pending: [], newestAt: 0 },
    now: 1_000_000,
    decision: { action: "nothing" },
  },
  {
    what: "one of two prepared just now: the worker is still at it",
    payout: { count: 2, dealtWith: 0, pending: [a], newestAt: 1_000 },
    now: 10_999,
    decision: { action: "wait", until: 11_000, missing: 1 },
  },
  {
    what: "all prepared: together, at once",
    payout: { count: 2, dealtWith: 0, pending: [a, b], newestAt: 1_000 },
    now: 1_000,
    decision: { action: "authorize", payments: [a, b], leftAlone: [], missing: 0 },
  },
  {
    what: "one of two prepared and nothing more for the quiet time: it does not wait for the other for ever",
    payout: { count: 2, dealtWith: 0, pending: [a], newestAt: 1_000 },
    now: 11_000,
    decision: { action: "authorize", payments: [a], leftAlone: [], missing: 1 },
  },
  {
    what: "the late one completes the payout",
    payout: { count: 2, dealtWith: 1, pending: [b], newestAt: 60_000 },
    now: 60_000,
    decision: { action: "authorize", payments: [b], leftAlone: [], missing: 0 },
  },
  {
    what: "a late one of several waits for its quiet time",
    payout: { count: 3, dealtWith: 1, pending: [b], newestAt: 60_000 },
    now: 60_001,
    decision: { action: "wait", until: 70_000, missing: 1 },
  },
  {
    what: "everything dealt with",
    payout: { count: 2, dealtWith: 2, pending: [], newestAt: 1_000 },
    now: 1_000_000,
    decision: { action: "nothing" },
  },
  {
    what: "more than the order counted (a second order with further payments)",
    payout: { count: 2, dealtWith: 2, pending: [a], newestAt: 1_000 },
    now: 1_000,
    decision: { action: "authorize", payments: [a], leftAlone: [], missing: 0 },
  },
  {
    what: "custodians that move money: listed ones go, others are left alone",
    payout: { count: 3, dealtWith: 0, pending: [a, zebpay, uphold], newestAt: 1_000 },
    now: 1_000,
    decision: { action: "authorize", payments: [a, zebpay], leftAlone: [uphold], missing: 0 },
  },
  {
    what: "only such that are left alone: nothing is authorized, and they are not looked at again",
    payout: { count: 1, dealtWith: 0, pending: [uphold], newestAt: 1_000 },
    now: 1_000,
    decision: { action: "authorize", payments: [], leftAlone: [uphold], missing: 0 },
  },
];

test.each(cases)("$what", ({ payout, now, decision }) => {
  expect(decide(payout, rules, now)).toEqual(decision);
});

test.each([
  ["dryrun-happypath", [], true],
  ["dryrun-", [], true],
  ["dryrunner", [], false],
  ["Dryrun-happypath", [], false],
  ["xdryrun-happypath", [], false],
  ["zebpay", [], false],
  ["zebpay", ["zebpay"], true],
  ["zebpay2", ["zebpay"], false],
  ["", [], false],
])("custodian %j with %j listed: %s", (custodian, listed, allowed) => {
  expect(mayAuthorize(custodian, listed)).toBe(allowed);
});
