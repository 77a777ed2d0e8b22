import type { Redis } from "ioredis";
import type { Context } from "../../common/context.ts";
import type { Role } from "../../model/names.ts";
import type { Settings } from "../../model/settings.ts";
import { connectPayouts, redisProblem } from "../../operators/payouts/streams.ts";
import { type ConnectedStack, withStack } from "../connection.ts";

/** A stack as whoever makes payouts sees it. */
export interface PayoutStack extends ConnectedStack {
  readonly redis: Redis;
  readonly authorizing: Settings["authorization"];
  readonly payout: Settings["payout"];
}

/**
 * Looks at a stack and does something with its payouts.
 * @param needed parts without which that cannot be done
 * @throws UserError where the stack is not up, one of these parts does not run, or Redis is gone in between
 */
export async function withPayouts<T>(
  name: string,
  context: Context,
  needed: readonly Role[],
  use: (stack: PayoutStack) => Promise<T>,
): Promise<T> {
  return withStack(name, context, needed, async (stack) => {
    const redis = await connectPayouts(stack.outputs.redisUrl, name, stack.outputs.caCertificate);
    const { authorization, payout } = stack.settings;
    try {
      return await use({ ...stack, redis, authorizing: authorization, payout });
    } catch (error) {
      throw redisProblem(error, stack.outputs.redisUrl, name);
    } finally {
      redis.disconnect();
    }
  });
}
