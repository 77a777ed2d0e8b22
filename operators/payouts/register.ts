import type { Redis } from "ioredis";
import { prepareKey, prepareStream, responseStream, submitStream } from "../../key-feeder/contract.ts";
import { type OpenOrder, readOpenOrders, readOrders } from "./orders.ts";

/** A payout in the list of all. */
export interface ListedPayout {
  readonly payoutId: string;
  /** How many payments it has. */
  readonly payments: number;
  readonly prepared: number;
  readonly paid: number;
  readonly failed: number;
  /**
   * prepare, submit: the worker is at it; queued: it is not yet; idle: the worker has done what was ordered; untold: its report is not
   * wholly there, and the worker knows nothing of it.
   */
  readonly worker: "prepare" | "submit" | "queued" | "idle" | "untold";
  /** The payout that has to be done before; undefined where none is. */
  readonly behind?: string;
}

/** Reads all payouts that were ordered, oldest first, then those whose report is not wholly there. */
export async function readPayouts(redis: Redis): Promise<ListedPayout[]> {
  const [orders, open, begun] = await Promise.all([readOrders(redis), readOpenOrders(redis), begunReports(redis)]);
  const ordered = new Set(orders.map(({ payoutId }) => payoutId));
  const ids = new Set([...ordered, ...begun]);
  return Promise.all(
    [...ids].map(async (payoutId) => {
      const [prepare, submit] = [prepareStream(payoutId), submitStream(payoutId)];
      const [payments, prepared, paid, failed] = await Promise.all([
        redis.xlen(prepare),
        redis.xlen(responseStream(prepare)),
        redis.zscore(`${submit}-status`, "paid"),
        redis.zscore(`${submit}-status`, "failed"),
      ]);
      const own = open.filter((order) => order.payoutId === payoutId);
      return {
        payoutId,
        payments,
        prepared,
        paid: Number(paid ?? 0),
        failed: Number(failed ?? 0),
        ...(ordered.has(payoutId) ? workerAt(own) : { worker: "untold" as const }),
      };
    }),
  );
}

/** Payouts whose report was put, in whole or in part. */
async function begunReports(redis: Redis): Promise<string[]> {
  const found: string[] = [];
  for await (const keys of redis.scanStream({ match: prepareKey("*"), count: 1_000 }))
    for (const key of keys as readonly string[]) found.push(key.slice(prepareKey("").length));
  return found.sort();
}

/** What the worker does about a payout. @param orders those of the payout that are not done */
export function workerAt(orders: readonly OpenOrder[]): Pick<ListedPayout, "worker" | "behind"> {
  const first = orders.find(({ behind }) => behind === undefined);
  if (first !== undefined) return { worker: first.taken ? first.kind : "queued" };
  const [queued] = orders;
  return queued?.behind === undefined ? { worker: "idle" } : { worker: "queued", behind: queued.behind };
}
