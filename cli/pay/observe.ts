import type { Redis } from "ioredis";
import { stackStatus } from "../../automation/status.ts";
import type { Context } from "../../common/context.ts";
import { Engine } from "../../docker/engine.ts";
import { stackNames } from "../../model/names.ts";
import { type Observed, payoutRoles } from "../../operators/payouts/problem.ts";
import { readSaid } from "../../operators/payouts/said.ts";
import { stoppedParts } from "../connection.ts";

/** Looks at a stack from outside: why does this payout not move? */
export async function observe(stack: string, context: Context, redis: Redis, payoutId: string): Promise<Observed> {
  const engine = Engine.connect(context.env);
  const [stopped, { sealed, shares }, said] = await Promise.all([
    stoppedParts(stack, context, payoutRoles),
    stackStatus(engine, stack, context),
    readSaid(engine, stackNames(stack).containers.worker, redis, payoutId),
  ]);
  return { stopped, sealed, shares, ...said };
}
