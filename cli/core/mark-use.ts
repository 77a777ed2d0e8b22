import type { Context } from "../../common/context.ts";
import type { Command } from "./command.ts";

/** A command that goes on is a use as long as it does: one that watches, a shell, a tunnel. */
const againMs = 60 * 60_000;

/**
 * Runs a command and notes it as a use of its stack, where it is one. What was asked is done by then: that a note could not be made is no failure.
 * @returns the command's exit code
 */
export async function runNoted(command: Command, args: readonly string[], context: Context): Promise<number> {
  const stack = usedStack(command, args);
  if (stack === undefined) return await command.run(args, context);
  const note = () => noteQuietly(stack.option, context);
  const timer = setInterval(() => void note(), againMs);
  timer.unref();
  try {
    return await command.run(args, context);
  } finally {
    clearInterval(timer);
    await note();
  }
}

/** @returns undefined for a command that is no use of a stack; else what its option says */
function usedStack({ declaration, parse }: Command, args: readonly string[]): { readonly option: string | undefined } | undefined {
  if (declaration.marksUse === false || declaration.options?.stack === undefined) return undefined;
  const { stack, endpoint, dir } = parse(args).values;
  // Of a ledger that is in no stack.
  if (endpoint !== undefined || dir !== undefined) return undefined;
  return { option: typeof stack === "string" ? stack : undefined };
}

async function noteQuietly(option: string | undefined, { env }: Context): Promise<void> {
  const [{ Engine }, { noteUse }, { personHere }, { selectStack }, { ownerId }] = await Promise.all([
    import("../../docker/engine.ts"),
    import("../../data/note-use.ts"),
    import("../../common/person.ts"),
    import("./selection.ts"),
    import("../../toolchain/owner.ts"),
  ]);
  try {
    await noteUse(Engine.connect(env), { stack: selectStack(option, env), owner: ownerId(env) }, personHere(env));
  } catch {
    // No engine, or no such name: the command has told that.
  }
}
