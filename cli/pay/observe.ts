import type { Redis } from "ioredis";
import { stackStatus } from "../../automation/status.ts";
import type { Context } from "../../common/context.ts";
import { Engine, EngineError } from "../../docker/engine.ts";
import { prepareStream, submitStream } from "../../key-feeder/contract.ts";
import { stackNames } from "../../model/names.ts";
import { readTaken } from "../../operators/payouts/groups.ts";
import { readOpenOrders } from "../../operators/payouts/orders.ts";
import { type Observed, payoutRoles } from "../../operators/payouts/problem.ts";
import { reasonOf } from "../../operators/payouts/reason.ts";
import { stoppedParts } from "../connection.ts";

/** How much of the worker's log is looked through: at one line a message and second, a hundred messages for ten seconds. */
const tail = 1_000;

/** Looks at a stack from outside: why does this payout not move? */
export async function observe(stack: string, context: Context, redis: Redis, payoutId: string): Promise<Observed> {
  const engine = Engine.connect(context.env);
  const [stopped, { sealed, shares }, orders] = await Promise.all([
    stoppedParts(stack, context, payoutRoles),
    stackStatus(engine, stack, context),
    readOpenOrders(redis),
  ]);
  const own = orders.filter((order) => order.payoutId === payoutId);
  // The payout that is at work itself may have a queued order too.
  const behind = own.some(({ taken, behind }) => taken && behind === undefined) ? undefined : own.find((order) => order.behind)?.behind;
  const at = behind ?? payoutId;
  const taken = await Promise.all([prepareStream(at), submitStream(at)].map((stream) => readTaken(redis, stream)));
  const messages = new Set(taken.flatMap(({ pending }) => [...pending]));
  const line = await newestLine(engine, stackNames(stack).containers.worker, messages);
  return { stopped, sealed, shares, behind, says: line === undefined ? undefined : reasonOf(line) };
}

/** The newest of a container's last log lines that names one of these messages. */
async function newestLine(engine: Engine, container: string, messages: ReadonlySet<string>): Promise<string | undefined> {
  let newest: string | undefined;
  try {
    for await (const { line } of engine.logs(container, { tail })) {
      if (line.match(/\b\d{13}-\d+\b/g)?.some((id) => messages.has(id)) === true) newest = line;
    }
  } catch (error) {
    // A container that is gone says nothing; that it is gone is told elsewhere.
    if (!(error instanceof EngineError)) throw error;
  }
  return newest;
}
