import { expect, test } from "vitest";
import { isRight } from "../../../cli/pay/report.ts";
import type { StreamEntry } from "../../../key-feeder/payouts/streams.ts";
import { type Authorizing, expectedState, isDone, type PayoutEntries, paymentViews } from "../../../operators/payouts/payout.ts";

const auto: Authorizing = { mode: "auto", custodians: ["zebpay"] };
const manual: Authorizing = { mode: "manual", custodians: ["zebpay"] };

test.each([
  ["dryrun-happypath", auto, "paid"],
  ["dryrun-prepare-fails", auto, "failed"],
  ["dryrun-authorize-fails", auto, "failed"],
  ["dryrun-pay-fails", auto, "failed"],
  ["zebpay", auto, "paid"],
  ["uphold", auto, "prepared"],
  ["dryrun-happypath", manual, "prepared"],
  ["dryrun-pay-fails", manual, "prepared"],
  ["zebpay", manual, "prepared"],
] as const)("%s, authorized as %j, should end %s", (custodian, authorizing, state) => {
  expect(expectedState(custodian, authorizing)).toBe(state);
});

function details(to: string, custodian = "dryrun-happypath") {
  return { to, from: "f", amount: "1.5", currency: "BAT", payoutId: "p", custodian };
}

function entry(ms: number, data: unknown): StreamEntry {
  return { stream: "s", id: `${ms}-0`, data: JSON.stringify(data) };
}

const request = (ms: number, body: unknown) => entry(ms, { id: "1", request: { headers: {}, octets: JSON.stringify(body) } });
const response = (ms: number, statusCode: number, body: unknown) =>
  entry(ms, { id: "1", response: { statusCode, headers: {}, octets: JSON.stringify(body) } });
const prepared = (ms: number, to: string, documentId: string) => response(ms, 200, { ...details(to), documentId });
const outcome = (ms: number, to: string, status: string, code = 200) =>
  response(ms, code, { message: "submitted", code, data: { status, paymentDetails: details(to) } });
const none: PayoutEntries = { requests: [], prepared: [], submits: [], submitted: [] };

function only(entries: Partial<PayoutEntries>) {
  const [view] = paymentViews({ ...none, requests: [request(1_000, details("a"))], ...entries }, auto);
  if (view === undefined) throw new Error("there is no payment");
  return view;
}

test("asked for, not answered: waiting", () => {
  expect(only({})).toEqual({
    to: "a",
    amount: "1.5",
    custodian: "dryrun-happypath",
    state: "waiting",
    expected: "paid",
    authorizations: 0,
  });
});

test("answered: prepared, with its document and how long that took", () => {
  expect(only({ prepared: [prepared(1_250, "a", "doc")] })).toMatchObject({ state: "prepared", documentId: "doc", ms: 250 });
});

test("answers of other payments, of another status and broken ones count for nothing", () => {
  const answers = [prepared(1_100, "b", "doc-b"), response(1_200, 400, { ...details("a"), documentId: "x" }), entry(1_300, "oops")];
  expect(only({ prepared: answers })).toMatchObject({ state: "waiting" });
});

test("one operator's authorization leaves it prepared; messages are counted", () => {
  const submits = [request(1_300, { documentId: "doc", payoutId: "p" })];
  const view = only({ prepared: [prepared(1_250, "a", "doc")], submits, submitted: [outcome(1_400, "a", "prepared")] });
  expect(view).toMatchObject({ state: "prepared", authorizations: 1 });
  expect(isDone(view)).toBe(false);
});

test("the furthest state counts, and when it was first told", () => {
  const submitted = [outcome(2_000, "a", "paid"), outcome(2_500, "a", "prepared"), outcome(3_000, "a", "paid")];
  const view = only({ prepared: [prepared(1_250, "a", "doc")], submitted });
  expect(view).toMatchObject({ state: "paid", ms: 1_000 });
  expect(isDone(view)).toBe(true);
});

test("an unknown status is none", () => {
  expect(only({ prepared: [prepared(1_250, "a", "doc")], submitted: [outcome(2_000, "a", "celebrated")] })).toMatchObject({
    state: "prepared",
  });
});

test("a request that was put twice is one payment", () => {
  const requests = [request(1_000, details("a")), request(1_500, details("a")), request(1_000, details("b", "uphold"))];
  expect(paymentViews({ ...none, requests }, auto).map(({ to, expected }) => [to, expected])).toEqual([
    ["a", "paid"],
    ["b", "prepared"],
  ]);
});

test("prepared is the end of what a person authorizes, and of nothing else", () => {
  const entries = { ...none, requests: [request(1_000, details("a"))], prepared: [prepared(1_250, "a", "doc")] };
  expect(paymentViews(entries, manual).map(isDone)).toEqual([true]);
  expect(paymentViews(entries, auto).map(isDone)).toEqual([false]);
});

test("left to a person: prepared is right until there are two authorizations, then it should be paid", () => {
  const begun = { ...none, requests: [request(1_000, details("a"))], prepared: [prepared(1_250, "a", "doc")] };
  const submit = request(1_300, { documentId: "doc", payoutId: "p" });
  const judged = (entries: Partial<PayoutEntries>) =>
    paymentViews({ ...begun, ...entries }, manual).map((payment) => [payment.expected, isDone(payment), isRight(payment)]);
  expect(judged({})).toEqual([["prepared", true, true]]);
  expect(judged({ submits: [submit], submitted: [outcome(1_400, "a", "prepared")] })).toEqual([["prepared", true, true]]);
  expect(judged({ submits: [submit, submit] })).toEqual([["paid", false, false]]);
  expect(judged({ submits: [submit, submit], submitted: [outcome(2_000, "a", "paid")] })).toEqual([["paid", true, true]]);
  expect(judged({ submits: [submit, submit], submitted: [outcome(2_000, "a", "failed")] })).toEqual([["paid", true, false]]);
});
