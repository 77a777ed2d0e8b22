import type { Redis } from "ioredis";
import { wait } from "../../common/waiting.ts";
import {
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
import { ifMissing, pendingIn } from "./groups.ts";
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
  const groups = new Map([prepareStream(payoutId), submitStream(payoutId)].map((stream) => [stream, `${stream}-cg`]));
  for (const { stream, consumerGroup } of orders) groups.set(stream, consumerGroup);
  for (const { config, id } of orders) if (!held.has(`${config} ${id}`)) await redis.xdel(config, id);
  // The key-feeder authorizes nothing of a payout that Redis does not remember.
  await run(redis.multi().srem(payoutsKey, payoutId).del(payoutKey(payoutId), documentsKey(payoutId), firstKey(payoutId)));
  for (const [stream, group] of groups) await leaveNothing(redis, stream, group);
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

/** Acknowledges what was taken of a stream and passes over the rest. */
async function leaveNothing(redis: Redis, stream: string, group: string): Promise<void> {
  await redis.xgroup("SETID", stream, group, "$").catch(ifMissing(undefined));
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
