import type { Redis } from "ioredis";
import { expect } from "vitest";
import type { LedgerClient } from "../../ledger/client/session.ts";
import { defaultServiceHost } from "../../model/program-settings.ts";
import { PayoutStreams } from "../../operators/payouts/streams.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { statesOf } from "./ledger-states.ts";

/** Orders payments to be prepared; the key-feeder does what comes next. @param custodian `nobody` is one that the service refuses for ever */
export async function orderPayout(redis: Redis, payoutId: string, count: number, custodian = "dryrun-happypath"): Promise<void> {
  const payments = Array.from({ length: count }, (_, index) => ({
    ...{ to: `payee-${index}`, from: "e2e", amount: "1.5", currency: "BAT", payoutId, custodian },
  }));
  await new PayoutStreams(redis, payoutId).put(payments, defaultServiceHost, false);
}

/** How many payments of a payout the worker has seen paid. */
export async function countPaid(redis: Redis, payoutId: string): Promise<number> {
  return Number((await redis.zscore(`submit-${payoutId}-status`, "paid")) ?? 0);
}

/** Waits until a payout is paid as far as the worker knows. A Redis that is away meanwhile is waited for. */
export async function waitUntilPaid(redis: Redis, payoutId: string, count: number, timeoutMs = 120_000): Promise<void> {
  const look = async () => (await countPaid(redis, payoutId).catch(() => 0)) === count;
  await waitFor(look, { what: `${count} payments of ${payoutId} are paid`, timeoutMs });
}

/** Every payment is in one document, and went through each state once; one more authorization keeps it prepared. */
export async function expectPaidOnce(ledger: LedgerClient, payoutId: string, count: number): Promise<void> {
  expectEachOnce(await statesOf(ledger, payoutId), count);
}

/** The same of what a ledger has said. @param states of each payment, by payee and document */
export function expectEachOnce(states: ReadonlyMap<string, readonly string[]>, count: number): void {
  expect(states.size).toBe(count);
  expect(new Set([...states.keys()].map((key) => key.split(" ")[0])).size).toBe(count);
  for (const [payment, history] of states)
    expect(
      history.filter((state) => state !== "prepared"),
      payment,
    ).toEqual(["authorized", "pending", "paid"]);
}
