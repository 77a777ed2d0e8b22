import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../../common/context.ts";
import { startApart } from "../../common/process.ts";
import type { Settings } from "../../model/settings.ts";
import { isPrivate } from "../../toolchain/owner.ts";
import { keeperState } from "./client.ts";
import { keeperFolder, keeperSocket } from "./protocol.ts";

/** What waits most of its life need not keep room for haste, in MiB; a quarter of V8's own. */
const youngGeneration = "--max-semi-space-size=4";

/**
 * Starts the process that keeps a stack's next swap ready, for people: not in CI, nor where nobody sits at a terminal, nor where one runs, nor where the
 * backend is no folder, so that nothing can be armed.
 * What it has to say goes to keeper.log in the stack's folder.
 */
export async function keepReady(stack: string, { swap }: Pick<Settings, "swap">, { root, env, stderr }: Context): Promise<void> {
  if (swap.keep === 0 || stderr.isTTY !== true || (env.CI ?? "") !== "" || !isPrivate(env) || keeperSocket(root, stack) === undefined)
    return;
  if ((await keeperState(root, stack)) !== undefined) return;
  const folder = keeperFolder(root, stack);
  mkdirSync(folder, { recursive: true });
  const log = openSync(join(folder, "keeper.log"), "a", 0o600);
  await startKeeper(root, stack, env, log);
  closeSync(log);
}

/**
 * Starts a stack's keeper, a process that outlives this one.
 * @param root the project's folder
 * @param log descriptor of the file for what it has to say
 */
export async function startKeeper(root: string, stack: string, env: NodeJS.ProcessEnv, log: number): Promise<void> {
  await startApart(process.execPath, [youngGeneration, join(root, "cli", "keeper", "main.ts"), stack], env, log);
}
