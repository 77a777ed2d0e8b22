import { expect, test } from "vitest";
import type { PaymentState, PaymentView } from "../../../operators/payouts/payout.ts";
import { type Observed, stalledProblem, stoppedProblem } from "../../../operators/payouts/problem.ts";

const fine: Observed = { stopped: [], sealed: false, shares: 2 };

function payment(to: string, state: PaymentState, authorizations = 0): PaymentView {
  return { to, amount: "1", custodian: "dryrun-happypath", state, expected: "paid", authorizations };
}

test("everything runs: no problem", () => {
  expect(stoppedProblem("alice", [])).toBeUndefined();
});

test("what does not run is named, with the command that brings it back", () => {
  const stopped = [
    { role: "worker", state: "exited" },
    { role: "ledger", state: "missing" },
  ] as const;
  expect(stoppedProblem("alice", stopped)).toEqual({
    message: 'no payout can move: the worker (exited), the ledger (missing) of stack "alice" does not run',
    hint: "./nitro up -s alice",
  });
});

test("only what is needed counts: a status needs no worker", () => {
  const stopped = [{ role: "worker", state: "exited" }] as const;
  expect(stoppedProblem("alice", stopped, ["redis"])).toBeUndefined();
  expect(stoppedProblem("alice", [...stopped, { role: "redis", state: "missing" }], ["redis"])?.message).toContain(
    "the redis (missing) of",
  );
});

test("a custodian that the program refuses it goes on to refuse; a sealed service, and other reasons, may pass", () => {
  const looked = { stack: "alice", payoutId: "p", custodian: "uphold" };
  const refused = (observed: Partial<Observed>) => stalledProblem(looked, [payment("a", "waiting")], { ...fine, ...observed }).refused;
  expect(refused({ says: 'custodian is "uphold", this executable takes dryrun-*' })).toBe(true);
  expect(refused({ says: 'custodian is "uphold"', sealed: true })).toBeUndefined();
  expect(refused({ says: "qldb: connection refused" })).toBeUndefined();
  expect(refused({ says: 'custodian is "uphold"', behind: "q" })).toBeUndefined();
});

test("a key-feeder that stopped does not hold up what is prepared by hand", () => {
  expect(stoppedProblem("alice", [{ role: "key-feeder", state: "exited" }])).toBeUndefined();
});

test.each([
  {
    what: "something stopped meanwhile",
    payments: [payment("a", "waiting")],
    observed: { ...fine, stopped: [{ role: "worker", state: "exited" }] as const },
    problem: { message: /the worker \(exited\)/, hint: "./nitro up -s alice" },
  },
  {
    what: "no answer to prepare",
    payments: [payment("a", "paid", 2), payment("b", "waiting"), payment("c", "prepared", 2)],
    observed: fine,
    problem: { message: /^no answer to the prepare request of b$/, hint: "./nitro logs worker service -s alice" },
  },
  {
    what: "the service is sealed",
    payments: [payment("a", "waiting")],
    observed: { ...fine, sealed: true, shares: 1, says: "secrets are not yet loaded" },
    problem: {
      message: /of a; the service is sealed, 1 of 2 shares; the program says: secrets are not yet loaded$/,
      hint: "./nitro operator share ls -s alice says whose share is missing, ./nitro operator share put brings it; ./nitro pay cancel p -s alice removes this payout",
    },
  },
  {
    what: "the program says why, however long",
    payments: [payment("a", "waiting")],
    observed: { ...fine, says: `the service answered 400${"x".repeat(500)}` },
    problem: {
      message: /of a; the program says: the service answered 400x{500}$/,
      hint: "./nitro pay cancel p -s alice removes this payout",
    },
  },
  {
    what: "the program refuses the custodian",
    payments: [payment("a", "waiting")],
    observed: { ...fine, says: "Custodian: dryrun-happypath does not validate as in(uphold|zebpay)" },
    problem: {
      message: /of a; the program says: Custodian: dryrun/,
      hint: "the custodian, by default nitro:payout.custodian (dryrun-happypath), has to be one that the executable takes: pulumi config set --stack alice --path nitro:payout.custodian NAME, or --custodian; ./nitro pay cancel p -s alice removes this payout",
    },
  },
  {
    what: "the program fails for another reason, and repeats the payment with its custodian",
    payments: [payment("a", "pending", 2)],
    observed: { ...fine, says: 'payment 1 stays pending: dry run: {"payoutId":"p","custodian":"dryrun-pay-fails"}' },
    problem: {
      message: /^authorized and neither paid nor failed: a; the program says: payment 1 stays pending/,
      hint: "./nitro pay cancel p -s alice removes this payout",
    },
  },
  {
    what: "authorized, and the program says why it is not paid",
    payments: [payment("a", "pending", 2)],
    observed: { ...fine, says: "no money" },
    problem: { message: /nor failed: a; the program says: no money$/, hint: "./nitro pay cancel p -s alice removes this payout" },
  },
  {
    what: "it waits behind another payout that cannot go on",
    payments: [payment("a", "waiting")],
    observed: { ...fine, behind: "q", says: "no money" },
    problem: {
      message: /^the worker is at payout q and does one after the other; the program says: no money$/,
      hint: "./nitro pay cancel q -s alice",
    },
  },
  {
    what: "it waits behind another payout that goes on",
    payments: [payment("a", "prepared", 1)],
    observed: { ...fine, behind: "q" },
    problem: { message: /^the worker is at payout q and does one after the other$/, hint: "./nitro pay status q -s alice" },
  },
  {
    what: "nobody authorized",
    payments: ["a", "b", "c", "d", "e"].map((to) => payment(to, "prepared")),
    observed: fine,
    problem: { message: /^nobody authorized a, b, c and 2 more: .* did not submit them$/, hint: "./nitro logs key-feeder -s alice" },
  },
  {
    what: "authorized and no end",
    payments: [payment("a", "prepared", 2), payment("b", "pending", 2)],
    observed: fine,
    problem: { message: /^authorized and neither paid nor failed: a, b$/, hint: "./nitro logs service worker -s alice" },
  },
])("stalled: $what", ({ payments, observed, problem }) => {
  const found = stalledProblem({ stack: "alice", payoutId: "p", custodian: "dryrun-happypath" }, payments, observed);
  expect(found.message).toMatch(problem.message);
  expect(found.hint).toBe(problem.hint);
});
