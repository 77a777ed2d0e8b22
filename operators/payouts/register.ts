import type { Redis } from "ioredis";
import { prepareStream, responseStream, submitStream } from "../../key-feeder/contract.ts";
import { type OpenOrder, readOpenOrders, readOrders } from "./orders.ts";

/** A payout in the list of all. */
export interface ListedPayout {
  readonly payoutId: string;
  /** How many payments it has. */
  readonly payments: number;
  readonly prepared: number;
  readonly paid: number;
  readonly failed: number;
  /** prepare, submit: the worker is at it; queued: it is not yet; idle: the worker has done what was ordered. */
  readonly worker: "prepare" | "submit" | "queued" | "idle";
  /** The payout that has to be done before; undefined where none is. */
  readonly behind?: string;
}

/** Reads all payouts that were ordered, oldest first. */
export async function readPayouts(redis: Redis): Promise<ListedPayout[]> {
  const [orders, open] = await Promise.all([readOrders(redis), readOpenOrders(redis)]);
  const ids = new Set(orders.map(({ payoutId }) => payoutId));
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
      return { payoutId, payments, prepared, paid: Number(paid ?? 0), failed: Number(failed ?? 0), ...workerAt(own) };
    }),
  );
}

/** What the worker does about a payout. @param orders those of the payout that are not done */
export function workerAt(orders: readonly OpenOrder[]): Pick<ListedPayout, "worker" | "behind"> {
  const first = orders.find(({ behind }) => behind === undefined);
  if (first !== undefined) return { worker: first.taken ? first.kind : "queued" };
  const [queued] = orders;
  return queued?.behind === undefined ? { worker: "idle" } : { worker: "queued", behind: queued.behind };
}
