import type { Redis } from "ioredis";
import { expect } from "vitest";
import { LedgerHttp } from "../../ledger/client/http.ts";
import { LedgerClient } from "../../ledger/client/session.ts";
import { ionJson } from "../../ledger/ion/json.ts";
import type { StackOutputs } from "../../model/outputs.ts";
import { defaultServiceHost } from "../../model/program-settings.ts";
import { PayoutStreams } from "../../operators/payouts/streams.ts";
import { waitFor } from "../../testing/wait-for.ts";

/** A client of a stack's ledger. */
export function ledgerClient({ ledgerEndpoint = "", ledgerName }: Pick<StackOutputs, "ledgerEndpoint" | "ledgerName">): LedgerClient {
  return new LedgerClient(new LedgerHttp(ledgerEndpoint, ""), ledgerName);
}

interface Revision {
  readonly id: string;
  readonly version: number;
  readonly data: { readonly data: string };
}

/**
 * What a ledger says of each payment of a payout, by payee and document: were a payee's payment in two documents, both would be told.
 * @returns the states of all revisions, in their order
 */
export async function statesOf(ledger: LedgerClient, payoutId: string): Promise<Map<string, string[]>> {
  const rows = await ledger.read("SELECT h.metadata.id, h.metadata.version, h.data FROM history(transactions) AS h");
  const revisions = rows.map((row) => JSON.parse(ionJson(row)) as Revision);
  const found = new Map<string, string[]>();
  for (const { id, data } of revisions.toSorted((a, b) => a.version - b.version)) {
    const state = JSON.parse(Buffer.from(data.data, "base64").toString()) as { to: string; payoutId: string; status: string };
    if (state.payoutId !== payoutId) continue;
    const key = `${state.to} ${id}`;
    found.set(key, [...(found.get(key) ?? []), state.status]);
  }
  return found;
}

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
  const states = await statesOf(ledger, payoutId);
  expect(states.size).toBe(count);
  expect(new Set([...states.keys()].map((key) => key.split(" ")[0])).size).toBe(count);
  for (const [payment, history] of states)
    expect(
      history.filter((state) => state !== "prepared"),
      payment,
    ).toEqual(["authorized", "pending", "paid"]);
}
