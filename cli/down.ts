import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { takeOverLocks } from "../automation/apply.ts";
import type { Seen } from "../automation/heal.ts";
import { type Guest, guestsOf, lookAtOthers, lookAtOwn, removeStack } from "../automation/removal.ts";
import { Stack } from "../automation/stack.ts";
import { heldTimeoutMs, whenFree } from "../automation/when-free.ts";
import { confirm } from "../common/confirm.ts";
import type { Context } from "../common/context.ts";
import { UserError } from "../common/errors.ts";
import { ifPresent } from "../common/files.ts";
import { Progress, seconds } from "../common/progress.ts";
import { StackSnapshots } from "../data/snapshots.ts";
import { Engine, EngineError } from "../docker/engine.ts";
import { hasSalt } from "../model/settings-file.ts";
import { ownerId } from "../toolchain/owner.ts";
import { declareCommand } from "./core/command.ts";
import { stackOption } from "./core/declaration.ts";
import { selectStack } from "./core/selection.ts";
import { endKeeper } from "./keeper/client.ts";

export const command = declareCommand({
  marksUse: false,
  options: {
    ...stackOption,
    yes: { type: "boolean", short: "y", help: "do not ask (without a terminal nothing is ever asked)" },
    force: { type: "boolean", help: "take containers of yours off the stack's network first" },
    "keep-settings": { type: "boolean", help: "leave Pulumi.STACK.yaml for the next up" },
  },
  stopsCleanly: true,

  async run({ values }, context) {
    const began = Date.now();
    const stack = new Stack(selectStack(values.stack, context.env), context);
    const progress = new Progress(context.stderr);
    const engine = Engine.connect(context.env);
    await whenFree(() => takeOverLocks(stack, progress), { progress, signal: context.signal, timeoutMs: heldTimeoutMs });
    const state = await stack.state();
    const own = { stack: stack.name, owner: ownerId(context.env) };
    const look = Promise.all([lookAtOwn(engine, own), lookAtOthers(engine, own)]);
    const [seen, others] = await look.catch((error: unknown): Awaited<typeof look> => {
      // Where no engine answers, nothing of a stack that Pulumi does not know can be running either.
      if (state === undefined && error instanceof EngineError && error.status === undefined) return [nothing, nobody];
      throw error;
    });
    const theirs = others.containers.length > 0;
    if (state === undefined && count(seen) === 0 && theirs) throw othersError(stack.name, others.person);
    const guests = await guestsOf(engine, seen);
    if (guests.length > 0 && !values.force) throw guestsError(stack.name, guests);
    const staged = join(context.root, ".nitro", stack.name);
    if (state === undefined && count(seen) === 0 && !existsSync(staged)) {
      if (!values["keep-settings"] && (await areOfFormerStack(stack.settingsPath))) return await removeSettings(stack, values.yes, context);
      context.stdout.write(`there is no stack "${stack.name}": nothing to remove\n`);
      return 0;
    }
    const kept = theirs ? [] : (await new StackSnapshots(context.root, stack.name).list()).map(({ name }) => name);
    const also = kept.length === 0 ? "" : ` and its ${kept.length === 1 ? "snapshot" : `${kept.length} snapshots`} (${kept.join(", ")})`;
    if (!(await mayRemove(`stack "${stack.name}" with all its data${also}`, values.yes, context))) return 1;
    await endKeeper(context.root, stack.name);
    for (const { network, container } of guests) await engine.disconnect(network, container);
    await removeStack({ engine, stack, state, seen, progress, context });
    // Two backends with a stack of one name in one folder: the executables there may be what the other's containers run.
    if (theirs) progress.line(`.nitro/${stack.name} stays: another backend has a stack "${stack.name}" on this container engine`);
    // A watch of this stack, which ends by itself now, may be removing its armed update in there.
    else await rm(staged, { recursive: true, force: true, maxRetries: 5 });
    if (state !== undefined && !values["keep-settings"]) await rm(stack.settingsPath, { force: true });
    context.stdout.write(
      `stack ${stack.name} is gone${also === "" ? "" : `, so are its snapshots (${kept.join(", ")})`}, ${seconds(Date.now() - began)}\n`,
    );
    return 0;
  },
});

/** Asks at a terminal. @returns false where nothing is to be removed, which was told */
async function mayRemove(what: string, yes: boolean | undefined, context: Context): Promise<boolean> {
  if (yes || context.stdin.isTTY !== true || (await confirm(`remove ${what}?`, "nothing was removed", context))) return true;
  context.stdout.write("nothing was removed\n");
  return false;
}

/** Settings that somebody wrote for a stack that is still to come are none. */
async function areOfFormerStack(path: string): Promise<boolean> {
  return hasSalt((await ifPresent(readFile(path, "utf8"))) ?? "");
}

/** What a former `down --keep-settings` has left. @returns the exit code */
async function removeSettings({ name, settingsPath }: Stack, yes: boolean | undefined, context: Context): Promise<number> {
  if (!(await mayRemove(`the settings that stack "${name}" left, ${basename(settingsPath)}`, yes, context))) return 1;
  await rm(settingsPath, { force: true });
  context.stdout.write(`the settings that stack "${name}" left are gone: ${basename(settingsPath)}\n`);
  return 0;
}

function othersError(stack: string, person: string | undefined): UserError {
  const whose = person === undefined ? "another Pulumi backend" : `another Pulumi backend, brought up by ${person}`;
  return new UserError(
    `stack "${stack}" on this container engine is of ${whose}, and unknown to this one: nothing was removed`,
    `PULUMI_BACKEND_URL=… ./nitro down -s ${stack} with that backend; where that is lost: ./nitro adopt -s ${stack}`,
  );
}

function guestsError(stack: string, guests: readonly Guest[]): UserError {
  const names = guests.map(({ container }) => container).join(", ");
  const commands = guests.map(({ network, container }) => `docker network disconnect ${network} ${container}`).join("; ");
  return new UserError(
    `${names} ${guests.length === 1 ? "is" : "are"} on the network of stack "${stack}" and no part of it: nothing was removed`,
    `${commands}; or let down do that: ./nitro down -s ${stack} --force`,
  );
}

const nobody = { containers: [], person: undefined };

const nothing: Seen = { containers: [], networks: [], volumes: [] };

function count({ containers, networks, volumes }: Seen): number {
  return containers.length + networks.length + volumes.length;
}
