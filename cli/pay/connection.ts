import type { Redis } from "ioredis";
import { configure, mustBePlain } from "../../automation/configured.ts";
import { Stack } from "../../automation/stack.ts";
import { StackTunnel } from "../../automation/tunnel.ts";
import type { Context } from "../../common/context.ts";
import { UserError } from "../../common/errors.ts";
import { Engine } from "../../docker/engine.ts";
import { isRemote } from "../../docker/remote.ts";
import { type Role, stackNames } from "../../model/names.ts";
import { partsOf } from "../../model/parts.ts";
import type { Settings } from "../../model/settings.ts";
import { type Observed, payoutRoles, stoppedProblem } from "../../operators/payouts/problem.ts";
import { connectPayouts } from "../../operators/payouts/streams.ts";
import { ownerId } from "../../toolchain/owner.ts";

/** A stack as whoever makes payouts sees it. */
export interface PayoutStack {
  readonly name: string;
  readonly redis: Redis;
  readonly authorizing: Settings["authorization"];
  readonly payout: Settings["payout"];
  /** What clients of the service sign as its host. */
  readonly serviceHost: string;
}

/**
 * Looks at a stack and does something with its payouts.
 * @param needed parts without which that cannot be done
 * @throws UserError where the stack is not up, or one of these parts does not run
 */
export async function withPayouts<T>(
  name: string,
  context: Context,
  needed: readonly Role[],
  use: (stack: PayoutStack) => Promise<T>,
): Promise<T> {
  const stack = new Stack(name, context);
  const configured = await configure(name, context, { files: [] });
  mustBePlain(configured, "authorization", "payout", "service.host");
  if ((await stack.state()) === undefined) throw new UserError(`there is no stack "${name}"`, `./nitro up -s ${name}`);
  const [{ redisUrl }, stopped] = await Promise.all([stack.outputs(true), stoppedParts(name, context)]);
  if (typeof redisUrl !== "string") throw new UserError(`stack "${name}" is not up: it has no outputs yet`, `./nitro up -s ${name}`);
  const problem = stoppedProblem(name, stopped, needed);
  if (problem !== undefined) throw new UserError(problem.message, problem.hint);
  const engine = Engine.connect(context.env);
  const tunnel = isRemote(engine) ? await StackTunnel.open(engine, name, ownerId(context.env)) : undefined;
  try {
    const redis = await connectPayouts(tunnel === undefined ? redisUrl : withPort(redisUrl, tunnel.ports.redis), name);
    try {
      const { authorization, payout, service } = configured.settings;
      return await use({ name, redis, authorizing: authorization, payout, serviceHost: service.host });
    } finally {
      redis.disconnect();
    }
  } finally {
    tunnel?.close();
  }
}

/** The parts without which no payout moves, as far as they do not run. */
export async function stoppedParts(stack: string, context: Context): Promise<Observed["stopped"]> {
  const engine = Engine.connect(context.env);
  const { containers } = stackNames(stack);
  const found = await Promise.all(payoutRoles.map(async (role) => ({ role, details: await engine.inspect(containers[role]) })));
  const parts = partsOf(found.find(({ role }) => role === "service")?.details?.labels);
  return found
    .filter(({ role }) => parts.includes(role))
    .flatMap(({ role, details }) => (details?.status === "running" ? [] : [{ role, state: details?.status ?? "missing" }]));
}

function withPort(text: string, port: number): string {
  const url = new URL(text);
  url.port = String(port);
  return url.href;
}
