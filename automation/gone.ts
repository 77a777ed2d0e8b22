import type { Engine } from "../docker/engine.ts";
import { containersOf } from "../model/parts.ts";
import type { Stack } from "./stack.ts";
import { stateIds } from "./state.ts";

/**
 * Whether somebody has taken a stack down. One whose containers alone are away can be healed, and an update may be replacing all of them.
 * @param owner of this backend
 */
export async function isGone(
  engine: Pick<Engine, "containers">,
  stack: Pick<Stack, "name" | "holder" | "state">,
  owner: string,
): Promise<boolean> {
  const left = await engine.containers(containersOf({ stack: stack.name, owner }));
  if (left.length > 0 || (await stack.holder()) !== undefined) return false;
  const state = await stack.state();
  return state === undefined || stateIds(state, "container").length === 0;
}
