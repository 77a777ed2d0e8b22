import type { Redis } from "ioredis";
import { wait } from "../../common/waiting.ts";
import {
  dataField,
  documentsKey,
  firstKey,
  manualKey,
  payoutKey,
  payoutsKey,
  prepareKey,
  prepareStream,
  responseStream,
  submitStream,
} from "../../key-feeder/contract.ts";
import { pendingIn } from "./groups.ts";
import { type PutOrder, readOpenOrders, readOrders, workerGroup } from "./orders.ts";

/** How long the worker has to end an order of which nothing is left to do. */
const letGoMs = 15_000;

/**
 * Removes a payout from Redis: its messages, answers and orders, and what the key-feeder remembers of it. What the service has written into
 * the ledger stays.
 *
 * A worker that is at the payout keeps asking how much is left of its stream, and may ask for ever where the stream is gone. So first nothing
 * is left of it, then the worker ends the order and goes on with the next one, and only then the stream goes.
 * @param workerRuns false: nobody is there to end an order
 * @returns false where the worker did not end its order in time
 */
export async function cancelPayout(redis: Redis, payoutId: string, workerRuns: boolean): Promise<boolean> {
  const [all, open] = await Promise.all([readOrders(redis), readOpenOrders(redis)]);
  const orders = all.filter((order) => order.payoutId === payoutId);
  const held = new Set(open.flatMap(({ config, id, taken }) => (taken ? [`${config} ${id}`] : [])));
  const groups = new Map([prepareStream(payoutId), submitStream(payoutId)].map((stream) => [stream, { group: `${stream}-cg`, count: 0 }]));
  for (const { stream, consumerGroup, count } of orders)
    groups.set(stream, { group: consumerGroup, count: Math.max(count, groups.get(stream)?.count ?? 0) });
  for (const { config, id } of orders) if (!held.has(`${config} ${id}`)) await redis.xdel(config, id);
  // The key-feeder authorizes nothing of a payout that Redis does not remember.
  await run(redis.multi().srem(payoutsKey, payoutId).del(payoutKey(payoutId), documentsKey(payoutId), firstKey(payoutId)));
  for (const [stream, { group, count }] of groups) await leaveNothing(redis, stream, group, count);
  const ended = !workerRuns || (await ending(redis, orders));
  for (const { config, id } of orders) await run(redis.multi().xack(config, workerGroup(config), id).xdel(config, id));
  const streams = [...groups.keys()].flatMap((stream) => [
    stream,
    responseStream(stream),
    `${stream}-status`,
    `${stream}-status-documents`,
  ]);
  await run(redis.multi().del(streams).del(prepareKey(payoutId)).srem(manualKey, payoutId));
  return ended;
}

/**
 * Acknowledges what was taken of a stream and passes over the rest.
 * @param count how many messages the worker was told of: it waits for those that are missing, so something stands in for them
 */
async function leaveNothing(redis: Redis, stream: string, group: string, count: number): Promise<void> {
  await redis.xgroup("CREATE", stream, group, "$", "MKSTREAM").catch(ifThere);
  const passing = redis.multi();
  for (let missing = count - (await redis.xlen(stream)); missing > 0; missing--) passing.xadd(stream, "*", dataField, "{}");
  await run(passing.xgroup("SETID", stream, group, "$"));
  for (;;) {
    const ids = await pendingIn(redis, stream, group, 1_000);
    if (ids.length === 0) return;
    await run(
      redis
        .multi()
        .xack(stream, group, ...ids)
        .del(ids.map((id) => `retry-after-${id}`)),
    );
  }
}

function ifThere(error: unknown): void {
  if (!(error instanceof Error && error.message.startsWith("BUSYGROUP"))) throw error;
}

/** Waits until the worker has none of the orders, also of those that it took a moment before they were removed. */
async function ending(redis: Redis, orders: readonly PutOrder[]): Promise<boolean> {
  const look = async () => {
    const held = await Promise.all(orders.map(({ config, id }) => pendingIn(redis, config, workerGroup(config), 1, id, id)));
    return held.flat().length === 0 ? { found: true } : { seen: "the worker is at it" };
  };
  return (await wait({ what: "the worker ends the order", look }, { timeoutMs: letGoMs, intervalMs: 50 })).end === "found";
}

/** @throws the first error of a transaction */
async function run(transaction: ReturnType<Redis["multi"]>): Promise<void> {
  for (const [error] of (await transaction.exec()) ?? []) if (error !== null) throw error;
}

/**
 * Removes every payout that is not done, so that the worker has nothing to do and nothing on its way.
 * @param workerRuns as for one payout
 * @returns the payouts that were removed
 */
export async function cancelOpenPayouts(redis: Redis, workerRuns: boolean): Promise<string[]> {
  const cancelled = new Set<string>();
  for (;;) {
    const open = await readOpenOrders(redis);
    if (open.length === 0) return [...cancelled];
    // What the worker has not begun goes first: else it would begin that as soon as it has let go of the rest.
    for (const { config, id, taken } of open) if (!taken) await redis.xdel(config, id);
    const payouts = [...new Set(open.map(({ payoutId }) => payoutId))];
    await Promise.all(payouts.map((payoutId) => cancelPayout(redis, payoutId, workerRuns)));
    for (const payoutId of payouts) cancelled.add(payoutId);
  }
}
