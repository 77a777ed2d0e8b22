import type { Redis } from "ioredis";
import { stackStatus } from "../../automation/status.ts";
import type { Context } from "../../common/context.ts";
import { Engine, EngineError } from "../../docker/engine.ts";
import { stackNames } from "../../model/names.ts";
import { readOpenOrders } from "../../operators/payouts/orders.ts";
import type { Observed } from "../../operators/payouts/problem.ts";
import { reasonOf } from "../../operators/payouts/reason.ts";
import { PayoutStreams } from "../../operators/payouts/streams.ts";
import { ownerId } from "../../toolchain/owner.ts";
import { stoppedParts } from "./connection.ts";

/** How much of the worker's log is looked through: at one line a message and second, a hundred messages for ten seconds. */
const tail = 1_000;

/** Looks at a stack from outside: why does this payout not move? @param streams the payout's, as far as they were read */
export async function observe(stack: string, context: Context, redis: Redis, streams: PayoutStreams): Promise<Observed> {
  const engine = Engine.connect(context.env);
  const [stopped, { sealed, shares }, orders] = await Promise.all([
    stoppedParts(stack, context),
    stackStatus(engine, stack, ownerId(context.env)),
    readOpenOrders(redis),
  ]);
  const own = orders.filter(({ payoutId }) => payoutId === streams.payoutId);
  // The payout that is at work itself may have a queued order too.
  const behind = own.some(({ taken, behind }) => taken && behind === undefined) ? undefined : own.find((order) => order.behind)?.behind;
  const blocking = behind === undefined ? streams : await PayoutStreams.whole(redis, behind);
  const { requests, submits } = blocking.entries;
  const line = await newestLine(engine, stackNames(stack).containers.worker, new Set([...requests, ...submits].map(({ id }) => id)));
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
