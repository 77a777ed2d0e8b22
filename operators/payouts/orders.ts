import type { Redis } from "ioredis";
import { dataField, prepareConfigStream, submitConfigStream } from "../../key-feeder/contract.ts";
import { type Order, parseOrder } from "../../key-feeder/payouts/messages.ts";
import { infoGroups, isAfter, pendingIn } from "./groups.ts";

/** The streams of orders, each with what its orders ask for. */
const kinds = [
  [prepareConfigStream, "prepare"],
  [submitConfigStream, "submit"],
] as const;

/** An order to the worker. */
export interface PutOrder extends Order {
  readonly kind: "prepare" | "submit";
  /** The stream it lies on, and its entry there. */
  readonly config: string;
  readonly id: string;
}

/** One that is not done. */
export interface OpenOrder extends PutOrder {
  /** The worker is at it, or was when it ended. */
  readonly taken: boolean;
  /** The payout whose order has to be done before; undefined where none is before it. */
  readonly behind?: string;
}

/** What Redis holds of a stream of orders. */
export interface ConfigView {
  /** Entries in the order of the stream. */
  readonly entries: readonly { readonly id: string; readonly data: string }[];
  /** Ids of those that the worker took and did not acknowledge. */
  readonly taken: readonly string[];
  /** The newest entry that the worker took. */
  readonly lastTaken: string;
}

/** The worker's group on a stream of orders. */
export function workerGroup(config: string): string {
  return `${config}-wg`;
}

/** @returns the orders that are not done, in the order in which the worker carries them out: one after the other */
export function openOrders(kind: OpenOrder["kind"], config: string, { entries, taken, lastTaken }: ConfigView): OpenOrder[] {
  const open = entries.flatMap(({ id, data }) => {
    const order = parseOrder(data);
    const isTaken = taken.includes(id);
    return order !== undefined && (isTaken || isAfter(id, lastTaken)) ? [{ ...order, kind, config, id, taken: isTaken }] : [];
  });
  return open.map((order, index) => {
    const before = open.slice(0, index).find(({ payoutId }) => payoutId !== order.payoutId);
    return before === undefined ? order : { ...order, behind: before.payoutId };
  });
}

/** Reads all orders of both kinds, oldest first, also those that are done. */
export async function readOrders(redis: Redis): Promise<PutOrder[]> {
  const read = await Promise.all(
    kinds.map(async ([config, kind]) =>
      (await entriesOf(redis, config)).map(({ id, data }) => ({ config, kind, id, order: parseOrder(data) })),
    ),
  );
  return read.flat().flatMap(({ order, ...entry }) => (order === undefined ? [] : [{ ...order, ...entry }]));
}

/** Reads the orders of both kinds that are not done. */
export async function readOpenOrders(redis: Redis): Promise<OpenOrder[]> {
  const read = await Promise.all(kinds.map(async ([config, kind]) => openOrders(kind, config, await view(redis, config))));
  return read.flat();
}

async function view(redis: Redis, config: string): Promise<ConfigView> {
  const group = workerGroup(config);
  const [entries, groups, taken] = await Promise.all([
    entriesOf(redis, config),
    infoGroups(redis, config),
    pendingIn(redis, config, group, 1_000),
  ]);
  return { entries, taken, lastTaken: groups.get(group) ?? "0-0" };
}

async function entriesOf(redis: Redis, stream: string): Promise<ConfigView["entries"]> {
  const range = await redis.xrange(stream, "-", "+");
  return range.map(([id, fields]) => ({ id, data: fields[fields.indexOf(dataField) + 1] ?? "" }));
}
