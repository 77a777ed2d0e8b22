import { openStack } from "nitro-stacks/testing";
import { afterAll, expect, test, vi } from "vitest";

// A service that is restarted twice takes longer than the five seconds that tests have.
vi.setConfig({ testTimeout: 60_000 });

// `./nitro up -s alice` comes before; another stack is named by NITRO_STACK.
const stack = await openStack(process.env.NITRO_STACK ?? "alice");
afterAll(() => stack.close());

test.concurrent("every payment of a payout is paid, as its answers attest", async () => {
  await using scope = stack.scope("paid");
  const payout = await scope.payout({ count: 3 });
  const payments = await payout.paid();
  expect(payments.map(({ state }) => state)).toEqual(["paid", "paid", "paid"]);
  expect(await payout.report()).toMatchObject({ payments: { reported: 3, paid: 3 }, signatures: { attested: 9 }, problems: [] });
});

test.concurrent("one operator alone pays nothing", async () => {
  await using scope = stack.scope("one operator");
  const payout = await scope.payout({ authorization: "manual" });
  await payout.prepared();
  await payout.authorize(1);
  await stack.waitFor(async () => (await stack.redis.xlen(`submit-${payout.payoutId}-response`)) === 1, {
    what: "the authorization is answered",
    parts: ["worker", "service"],
  });
  expect((await payout.payments()).map(({ state }) => state)).toEqual(["prepared"]);
  await payout.authorize(2);
  await payout.paid();
});

test.concurrent("a ledger of one's own", async () => {
  await using scope = stack.scope("ledger");
  const ledger = await scope.ledger();
  await ledger.query("CREATE TABLE payees");
  await ledger.query("INSERT INTO payees ?", { name: "alice" });
  expect(await ledger.query("SELECT name FROM payees")).toEqual([{ name: "alice" }]);
});

test("a signature over the wrong date is refused", async () => {
  const body = { documentId: "none", payoutId: "none" };
  const { status } = await stack.service.signed(stack.operator(1), "/v1/payments/submit", body, new Date("2020-01-01"));
  expect(status).toBe(401);
});

test("a payout survives a paused Redis and a worker that crashes", async () => {
  await using scope = stack.scope("faults");
  const payout = await scope.payout({ count: 20 });
  const paused = await scope.pause("redis");
  expect((await stack.service.get("/health-check")).status).toBe(200);
  await paused.undo();
  await scope.restart("worker", { graceSeconds: 0 });
  await payout.paid();
});

test("a sealed service says so, and pays once it is unsealed", async () => {
  await using scope = stack.scope("sealed");
  const sealed = await scope.sealService();
  expect(await scope.isSealed()).toBe(true);
  const payout = await scope.payout();
  await sealed.undo();
  await payout.retry();
  await payout.paid();
});
