import { takeOverLocks } from "../automation/apply.ts";
import { type EngineStack, engineStacks, summarize } from "../automation/engine-stacks.ts";
import { heldBy } from "../automation/lock.ts";
import { guestsOf, lookAtOwn, removeLabelled, removeStack } from "../automation/removal.ts";
import { Stack } from "../automation/stack.ts";
import { confirm } from "../common/confirm.ts";
import type { Context } from "../common/context.ts";
import { errorMessage, InterruptedError, UserError } from "../common/errors.ts";
import { connectedPorts } from "../common/ports.ts";
import { Progress } from "../common/progress.ts";
import { table } from "../common/table.ts";
import { Engine } from "../docker/engine.ts";
import { isRemote } from "../docker/remote.ts";
import { declareCommand } from "./core/command.ts";
import { ageLimit } from "./core/values.ts";
import { type StackRow, stackCells, stackHeader, stackRows } from "./stack-rows.ts";
import { mebibytes } from "./status.ts";

export const command = declareCommand({
  options: {
    older: { type: "string", placeholder: "AGE", default: "7d", read: ageLimit, help: "last used longer ago than this (default: 7d)" },
    all: { type: "boolean", help: "everybody's on this container engine, not only those of this backend" },
    "dry-run": { type: "boolean", help: "only show what would be removed" },
    yes: { type: "boolean", short: "y", help: "do not ask; has to be given where there is no terminal" },
  },
  notes: `Goes: containers, networks and volumes, with all data in them; of this backend's stacks the Pulumi state too. Stays: their settings, Pulumi.STACK.yaml, and snapshots.
Never removed: a stack that is being changed, that a process keeps the next swap ready for, that has containers of others on its network, or connections at its ports.`,
  examples: [
    ["nitro reap --older 7d --dry-run", "show which stacks nobody has used for a week"],
    ["nitro reap --older 2w --all --yes", "remove everybody's of two weeks, without asking"],
  ],
  stopsCleanly: true,

  async run({ values }, context) {
    return await reapStacks({ ...values, dryRun: values["dry-run"] }, Date.now(), context);
  },
});

interface Wish {
  /** Milliseconds. */
  readonly older: number;
  readonly all: boolean;
  readonly dryRun: boolean;
  readonly yes: boolean;
}

/** @param now milliseconds since 1970: what was used longer before than the wish says is forgotten @returns the exit code */
export async function reapStacks(wish: Wish, now: number, context: Context): Promise<number> {
  const engine = Engine.connect(context.env);
  const old = (await stackRows(engine, wish.all, context)).filter(
    ({ lastUse }) => lastUse !== undefined && now - Date.parse(lastUse) > wish.older,
  );
  const judged = await Promise.all(old.map(async (row) => ({ row, needed: await whyNeeded(engine, row, context) })));
  const forgotten = judged.flatMap(({ row, needed }) => (needed === undefined ? [row] : []));
  for (const { row, needed } of judged) if (needed !== undefined) context.stdout.write(`${row.name} stays: ${needed}\n`);
  if (forgotten.length === 0) {
    context.stdout.write("there is nothing to remove\n");
    return 0;
  }
  const lines = forgotten.map((row) => stackCells(row, now));
  context.stdout.write(table(stackHeader, lines));
  if (wish.dryRun) return 0;
  if (!wish.yes && !(await mayRemove(forgotten.length, context))) {
    context.stdout.write("nothing was removed\n");
    return 1;
  }
  return await removeAll(engine, forgotten, context);
}

async function mayRemove(count: number, context: Context): Promise<boolean> {
  const what = count === 1 ? "this stack" : `these ${count} stacks`;
  if (context.stdin.isTTY !== true)
    throw new UserError(
      "there is no terminal to ask at: nothing was removed",
      "nitro reap … --yes removes them; --dry-run only shows them",
    );
  return await confirm(`remove ${what} with all data?`, "nothing was removed", context);
}

/** @returns why a stack is not forgotten although nobody has used it for long, as the end of a sentence */
async function whyNeeded(engine: Engine, row: StackRow, context: Context): Promise<string | undefined> {
  if (row.updating) return "it is being changed";
  if (row.keeper !== undefined) return `process ${row.keeper.pid} keeps its next swap ready`;
  const found = await onEngine(engine, row);
  if (found === undefined)
    return `nothing of it is on this container engine, perhaps on another one; where it is not: ./nitro down -s ${row.name}`;
  const guests = await guestsOf(engine, found);
  if (guests.length > 0) return `${guests.map(({ container }) => container).join(", ")} on its network, and no part of it`;
  const ports = found.containers.flatMap((container) => container.ports.map(({ hostPort }) => hostPort));
  const connected = isRemote(engine) ? [] : await connectedPorts([...new Set(ports)]);
  if (connected.length > 0) return `somebody is connected to its port ${connected.join(", ")}`;
  return row.mine ? await heldNow(row.name, context) : undefined;
}

/** @returns who is changing a stack of this backend */
async function heldNow(name: string, context: Context): Promise<string | undefined> {
  const holder = await new Stack(name, context).holder();
  return holder && heldBy(name, holder).message;
}

async function onEngine(engine: Engine, { name, ownerId }: Pick<StackRow, "name" | "ownerId">): Promise<EngineStack | undefined> {
  return (await engineStacks(engine, ownerId)).find((stack) => stack.name === name);
}

/** One after the other. @returns the exit code: one that could not be removed does not keep the others */
async function removeAll(engine: Engine, rows: readonly StackRow[], context: Context): Promise<number> {
  const progress = new Progress(context.stderr);
  let code = 0;
  for (const row of rows) {
    if (context.signal.aborted) throw new InterruptedError("stopped: the other stacks stay as they are");
    try {
      context.stdout.write(`${await removeOne(engine, row, progress, context)}\n`);
    } catch (error) {
      if (error instanceof InterruptedError) throw error;
      const hint = error instanceof UserError && error.hint !== undefined ? `\n  ${error.hint}` : "";
      context.stderr.write(`stack ${row.name} could not be removed: ${errorMessage(error)}${hint}\n`);
      code = 1;
    }
  }
  return code;
}

/** Looks once more before: somebody may use it by now. @returns what happened, in one line */
async function removeOne(engine: Engine, row: StackRow, progress: Progress, context: Context): Promise<string> {
  const { name, ownerId, mine } = row;
  const found = await onEngine(engine, row);
  if (found === undefined) return `stack ${name} is gone already`;
  if (summarize(found).lastUse !== row.lastUse) return `stack ${name} stays: it was used just now`;
  const needed = await whyNeeded(engine, row, context);
  if (needed !== undefined) return `stack ${name} stays: ${needed}`;
  if (mine) {
    const stack = new Stack(name, context);
    await takeOverLocks(stack, progress);
    const [state, seen] = await Promise.all([stack.state(), lookAtOwn(engine, { stack: name, owner: ownerId })]);
    await removeStack({ engine, stack, state, seen, progress, context });
  } else await removeLabelled(engine, { stack: name, owner: ownerId });
  return `stack ${name} is gone${row.memory === 0 ? "" : `, ${mebibytes(row.memory)} are free`}`;
}
