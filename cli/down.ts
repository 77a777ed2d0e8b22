import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { takeOverLocks } from "../automation/apply.ts";
import { clearAway, decideHealing, look, type Seen } from "../automation/heal.ts";
import { Stack } from "../automation/stack.ts";
import { hasAwsParts } from "../automation/state.ts";
import { showUpdate } from "../automation/update-progress.ts";
import { confirm } from "../common/confirm.ts";
import type { Context } from "../common/context.ts";
import { UserError } from "../common/errors.ts";
import { announceStop, Progress, seconds } from "../common/progress.ts";
import { StackSnapshots } from "../data/snapshots.ts";
import { Engine, EngineError } from "../docker/engine.ts";
import { removeExecutableImages } from "../executable/layer.ts";
import { labels, stackNames } from "../model/names.ts";
import { withoutBroken } from "../model/settings-file.ts";
import { forgetClone } from "../stacks/clones.ts";
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
    await takeOverLocks(stack, progress);
    const state = await stack.state();
    const seen = await lookAtOwn(engine, stack.name, context).catch((error: unknown) => {
      // Where no engine answers, nothing of a stack that Pulumi does not know can be running either.
      if (state === undefined && error instanceof EngineError && error.status === undefined) return nothing;
      throw error;
    });
    const guests = await guestsOf(engine, seen);
    if (guests.length > 0 && !values.force) throw guestsError(stack.name, guests);
    const staged = join(context.root, ".nitro", stack.name);
    if (state === undefined && count(seen) === 0 && !existsSync(staged)) {
      context.stdout.write(`there is no stack "${stack.name}": nothing to remove\n`);
      return 0;
    }
    const kept = (await new StackSnapshots(context.root, stack.name).list()).map(({ name }) => name);
    const also = kept.length === 0 ? "" : ` and its ${kept.length === 1 ? "snapshot" : `${kept.length} snapshots`} (${kept.join(", ")})`;
    if (
      !values.yes &&
      context.stdin.isTTY === true &&
      !(await confirm(`remove stack "${stack.name}" with all its data${also}?`, "nothing was removed", context))
    ) {
      context.stdout.write("nothing was removed\n");
      return 1;
    }
    await endKeeper(context.root, stack.name);
    for (const { network, container } of guests) await engine.disconnect(network, container);
    const healing = decideHealing(stackNames(stack.name), ownerId(context.env), seen, state);
    if (state !== undefined && hasAwsParts(state)) await (await import("../automation/aws-ready.ts")).checkAwsRemoval(stack, context);
    await withoutBroken(stack.settingsPath, async () => {
      if (state !== undefined) {
        await clearAway(engine, healing);
        if (healing.pending) await stack.refresh();
        await destroy(stack, progress, context);
      }
      await removeLeftovers(engine, stack.name, context);
      await rm(staged, { recursive: true, force: true });
      if (state !== undefined) await stack.remove();
      forgetClone({ stack: stack.name, env: context.env });
    });
    if (state !== undefined && !values["keep-settings"]) await rm(stack.settingsPath, { force: true });
    context.stdout.write(
      `stack ${stack.name} is gone${also === "" ? "" : `, so are its snapshots (${kept.join(", ")})`}, ${seconds(Date.now() - began)}\n`,
    );
    return 0;
  },
});

async function destroy(stack: Stack, progress: Progress, context: Context): Promise<void> {
  const stopListening = announceStop(context, progress);
  progress.start("removing");
  try {
    await stack.destroy(showUpdate(progress));
  } finally {
    progress.stop();
    stopListening();
  }
}

/** What interrupted commands made without pulumi knowing of it. Volumes are the last: containers hold them. */
async function removeLeftovers(engine: Engine, stack: string, context: Context): Promise<void> {
  const { containers, networks, volumes } = await lookAtOwn(engine, stack, context);
  await Promise.all(containers.map(({ name }) => engine.removeContainer(name, { force: true })));
  await Promise.all(networks.map(({ id }) => engine.removeNetwork(id)));
  await Promise.all(volumes.map(({ name }) => engine.removeVolume(name)));
  await removeExecutableImages(engine, stack, ownerId(context.env));
}

/** Another backend may have a stack of the same name on this engine: nothing of it is touched. */
async function lookAtOwn(engine: Engine, stack: string, context: Context): Promise<Seen> {
  const owner = ownerId(context.env);
  const isOwn = ({ labels: has }: { readonly labels: Readonly<Record<string, string>> }) => has[labels.owner] === owner;
  const { containers, networks, volumes } = await look(engine, stack);
  return { containers: containers.filter(isOwn), networks: networks.filter(isOwn), volumes: volumes.filter(isOwn) };
}

/** A container of somebody else on a network of the stack, which cannot be removed while it is there. */
interface Guest {
  readonly network: string;
  readonly container: string;
}

async function guestsOf(engine: Engine, { networks, containers }: Seen): Promise<Guest[]> {
  const own = new Set(containers.map(({ name }) => name));
  const found = networks.map(async ({ name }) => (await engine.containersOn(name)).map((container) => ({ network: name, container })));
  return (await Promise.all(found)).flat().filter(({ container }) => !own.has(container));
}

function guestsError(stack: string, guests: readonly Guest[]): UserError {
  const names = guests.map(({ container }) => container).join(", ");
  const commands = guests.map(({ network, container }) => `docker network disconnect ${network} ${container}`).join("; ");
  return new UserError(
    `${names} ${guests.length === 1 ? "is" : "are"} on the network of stack "${stack}" and no part of it: nothing was removed`,
    `${commands}; or let down do that: ./nitro down -s ${stack} --force`,
  );
}

const nothing: Seen = { containers: [], networks: [], volumes: [] };

function count({ containers, networks, volumes }: Seen): number {
  return containers.length + networks.length + volumes.length;
}
