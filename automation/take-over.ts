import { confirm } from "../common/confirm.ts";
import type { Context } from "../common/context.ts";
import { UserError } from "../common/errors.ts";
import { noteClone, otherClone, takeOverHint } from "../stacks/clones.ts";
import type { Configured } from "./configured.ts";
import { bringsExecutable } from "./configured.ts";
import type { Stack } from "./stack.ts";
import { stateIds } from "./state.ts";

/**
 * Asks before this clone of the project takes over a stack that another one brought up: from here on other settings would hold, and in most cases
 * the sample would run in place of an executable.
 * @param allowed the option that says yes
 * @throws UserError where nobody can be asked, or the answer is no
 */
export async function mayTakeOver(
  stack: Pick<Stack, "name" | "state">,
  configured: Configured,
  allowed: boolean | undefined,
  context: Context,
): Promise<void> {
  const { root, env, stdin } = context;
  const of = { stack: stack.name, root, env };
  const other = otherClone(of);
  if (other === undefined) return;
  const state = await stack.state();
  if (state === undefined || stateIds(state, "container").length === 0) return;
  if (!allowed) {
    const what = `stack "${stack.name}" was brought up from ${other}; from here (${root}) it gets other settings, and runs ${executableOf(configured)}`;
    if (stdin.isTTY !== true) throw new UserError(`${what}; nothing was changed`, takeOverHint(stack.name));
    if (!(await confirm(`${what}. Take it over?`, "nothing was changed", context))) throw new UserError("nothing was changed");
  }
  await noteClone(of);
}

function executableOf(configured: Configured): string {
  const { service, build } = configured.settings;
  if (bringsExecutable(configured)) return service.binary ?? service.image ?? "the executable of its settings";
  return build.command === undefined ? "the sample" : `what "${build.command}" builds`;
}
