import { rm, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Stack } from "../../automation/stack.ts";
import type { Context } from "../../common/context.ts";
import { Engine } from "../../docker/engine.ts";
import { liveRoles } from "../../executable/live-override.ts";
import { Keeper } from "./keeper.ts";
import { keeperSocket } from "./protocol.ts";
import { answerVisitors } from "./serve.ts";

/** Between two looks whether everything is as it was, in ms. */
const checkMs = 2_000;

/**
 * Keeps a stack's next swap ready at its socket, until the keeper is over.
 * @param context its signal ends it, after the swap that is under way
 * @returns true where another one is to take its place
 */
export async function keep(name: string, context: Context): Promise<boolean> {
  const path = keeperSocket(context.root, name);
  if (path === undefined) return false;
  const lasting: Context = { ...context, signal: new AbortController().signal };
  const keeper = new Keeper({
    engine: Engine.connect(context.env),
    stack: new Stack(name, lasting),
    roles: liveRoles,
    context: lasting,
  });
  // A killed one may have left it.
  await rm(path, { force: true });
  const server = await answerVisitors(path, (request, visitor) => keeper.answer(request, visitor));
  const { ino } = await stat(path);
  const isOurs = async () => (await stat(path).catch(() => undefined))?.ino === ino;
  context.signal.addEventListener("abort", () => keeper.stop());
  const ended = keeper.over;
  try {
    await keeper.start();
    // Somebody may have removed the stack's folder, or put another there.
    while (!ended.aborted && (await isOurs())) {
      await sleep(checkMs, undefined, { signal: ended }).catch(() => {});
      if (!ended.aborted) await keeper.check();
    }
  } finally {
    if (await isOurs()) await rm(path, { force: true });
    await keeper.close();
    await server.close();
    context.stderr.write(`${new Date().toISOString()} ended: ${String(keeper.over.reason)}\n`);
  }
  return keeper.renewable;
}
