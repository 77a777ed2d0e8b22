import { expect, test } from "vitest";
import { payoutTable } from "../../../cli/pay/report.ts";
import { order } from "../../../key-feeder/payouts/messages.ts";
import { openOrders } from "../../../operators/payouts/orders.ts";
import { type ListedPayout, workerAt } from "../../../operators/payouts/register.ts";

const entry = (id: string, payoutId: string) => ({ id, data: JSON.stringify(order(payoutId, `submit-${payoutId}`, 1)) });
const entries = [entry("9-0", "a"), entry("10-0", "b"), { id: "10-1", data: "oops" }, entry("10-2", "b"), entry("11-0", "c")];

function open(taken: readonly string[], lastTaken: string) {
  return openOrders("submit", "submit-config", { entries, taken, lastTaken });
}

const brief = (orders: ReturnType<typeof open>) => orders.map(({ id, payoutId, taken, behind }) => [id, payoutId, taken, behind]);

test("no worker was there yet: all are open, one behind the other", () => {
  expect(brief(open([], "0-0"))).toEqual([
    ["9-0", "a", false, undefined],
    ["10-0", "b", false, "a"],
    ["10-2", "b", false, "a"],
    ["11-0", "c", false, "a"],
  ]);
});

test("the worker is at the second; what follows waits for it, but for the orders of its own payout", () => {
  expect(brief(open(["10-0"], "10-0"))).toEqual([
    ["10-0", "b", true, undefined],
    ["10-2", "b", false, undefined],
    ["11-0", "c", false, "b"],
  ]);
});

test("ids are compared as numbers, and what is acknowledged is done", () => {
  expect(brief(open([], "9-5"))).toEqual([
    ["10-0", "b", false, undefined],
    ["10-2", "b", false, undefined],
    ["11-0", "c", false, "b"],
  ]);
  expect(open([], "11-0")).toEqual([]);
});

test("what the worker does about a payout", () => {
  const orders = open(["10-0"], "10-0");
  const of = (payoutId: string) => workerAt(orders.filter((each) => each.payoutId === payoutId));
  expect(of("a")).toEqual({ worker: "idle" });
  expect(of("b")).toEqual({ worker: "submit" });
  expect(of("c")).toEqual({ worker: "queued", behind: "b" });
  expect(workerAt(open([], "0-0").slice(0, 1))).toEqual({ worker: "queued" });
});

test("the list says who waits for whom", () => {
  const listed: ListedPayout = { payoutId: "c", payments: 3, prepared: 2, paid: 1, failed: 0, worker: "queued", behind: "b" };
  expect(payoutTable([listed], "alice")).toContain("queued behind b");
  expect(payoutTable([], "alice")).toBe("there are no payouts yet: ./nitro pay -s alice\n");
});
