import type { Redis } from "ioredis";
import { type Engine, EngineError } from "../../docker/engine.ts";
import { prepareStream, submitStream } from "../../key-feeder/contract.ts";
import { readTaken } from "./groups.ts";
import { readOpenOrders } from "./orders.ts";
import { reasonOf } from "./reason.ts";

/** How much of the worker's log is looked through: at one line a message and second, a hundred messages for ten seconds. */
const tail = 1_000;

/** What the worker is at instead of a payout, and what its program says. */
export interface SaidOfPayout {
  /** The payout that it has to finish before; undefined where it is at this one or at none. */
  readonly behind?: string | undefined;
  /** What the program logged last of a message of the payout that the worker is at. */
  readonly says?: string | undefined;
}

/**
 * Looks into orders and log for why a payout does not move.
 * @param worker name of the worker's container; one that is gone says nothing
 */
export async function readSaid(engine: Pick<Engine, "logs">, worker: string, redis: Redis, payoutId: string): Promise<SaidOfPayout> {
  const orders = await readOpenOrders(redis);
  const own = orders.filter((order) => order.payoutId === payoutId);
  // The payout that is at work itself may have a queued order too.
  const behind = own.some(({ taken, behind }) => taken && behind === undefined) ? undefined : own.find((order) => order.behind)?.behind;
  const at = behind ?? payoutId;
  const taken = await Promise.all([prepareStream(at), submitStream(at)].map((stream) => readTaken(redis, stream)));
  const line = await newestLine(engine, worker, new Set(taken.flatMap(({ pending }) => [...pending])));
  return { behind, says: line === undefined ? undefined : reasonOf(line) };
}

/** The newest of a container's last log lines that names one of these messages. */
async function newestLine(engine: Pick<Engine, "logs">, container: string, messages: ReadonlySet<string>): Promise<string | undefined> {
  let newest: string | undefined;
  try {
    for await (const { line } of engine.logs(container, { tail })) {
      if (line.match(/\b\d{13}-\d+\b/g)?.some((id) => messages.has(id)) === true) newest = line;
    }
  } catch (error) {
    // That it is gone is told elsewhere.
    if (!(error instanceof EngineError)) throw error;
  }
  return newest;
}
