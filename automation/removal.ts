import type { Context } from "../common/context.ts";
import { announceStop, type Progress } from "../common/progress.ts";
import type { Engine } from "../docker/engine.ts";
import { removeExecutableImages } from "../executable/layer.ts";
import { lastNoted } from "../model/last-use.ts";
import { isConfigOf, labels, stackNames } from "../model/names.ts";
import type { Owned } from "../model/parts.ts";
import { withoutBroken } from "../model/settings-file.ts";
import { forgetClone } from "../stacks/clones.ts";
import { ownerId } from "../toolchain/owner.ts";
import { clearAway, decideHealing, look, type Seen } from "./heal.ts";
import type { Stack } from "./stack.ts";
import { hasAwsParts, runtimeOf, type StackState } from "./state.ts";
import { showUpdate } from "./update-progress.ts";

/** A container of somebody else on a network of a stack, which cannot be removed while it is there. */
export interface Guest {
  readonly network: string;
  readonly container: string;
}

/** What an engine has of a stack and its owner. Another backend may have a stack of the same name there: nothing of it is touched. */
export async function lookAtOwn(engine: Engine, { stack, owner }: Owned): Promise<Seen> {
  const isOwn = ({ labels: has }: { readonly labels: Readonly<Record<string, string>> }) => has[labels.owner] === owner;
  const { containers, networks, volumes } = await look(engine, stack);
  return { containers: containers.filter(isOwn), networks: networks.filter(isOwn), volumes: volumes.filter(isOwn) };
}

/** The containers of stacks of the same name that other backends have on an engine, and who brought them up, where that is known. */
export async function lookAtOthers(engine: Engine, { stack, owner }: Owned): Promise<{ containers: string[]; person: string | undefined }> {
  const all = { labels: { [labels.stack]: stack } };
  const [containers, volumes] = await Promise.all([engine.containers({ ...all, all: true }), engine.volumes(all)]);
  const foreign = <T extends { readonly labels: Readonly<Record<string, string>> }>(list: readonly T[]) =>
    list.filter(({ labels: has }) => has[labels.owner] !== owner);
  return { containers: foreign(containers).map(({ name }) => name), person: lastNoted(foreign(volumes))?.owner };
}

export async function guestsOf(engine: Engine, { networks, containers }: Pick<Seen, "networks"> & GuestsBut): Promise<Guest[]> {
  const own = new Set(containers.map(({ name }) => name));
  const found = networks.map(async ({ name }) => (await engine.containersOn(name)).map((container) => ({ network: name, container })));
  return (await Promise.all(found)).flat().filter(({ container }) => !own.has(container));
}

interface GuestsBut {
  readonly containers: readonly { readonly name: string }[];
}

export interface RemovalArgs {
  readonly engine: Engine;
  readonly stack: Stack;
  /** Undefined where pulumi does not know the stack. */
  readonly state: StackState | undefined;
  /** Of this backend's own. */
  readonly seen: Seen;
  readonly progress: Progress;
  readonly context: Context;
}

/** Removes a stack of this backend from its engine, and from AWS, and then its state. Files of this folder stay. Locks are cleared before. */
export async function removeStack({ engine, stack, state, seen, progress, context }: RemovalArgs): Promise<void> {
  const owner = ownerId(context.env);
  const healing = decideHealing(stackNames(stack.name), owner, seen, state);
  await withoutBroken(stack.settingsPath, async () => {
    if (state !== undefined && hasAwsParts(state)) await (await import("./aws-ready.ts")).checkAwsRemoval(stack, context);
    if (state !== undefined) {
      if (healing.reasons.length > 0) await stack.mustBeFree();
      await clearAway(engine, healing);
      // The plugin fails to remove a service that is gone; a container that is gone it takes for removed.
      const gone = healing.refresh && runtimeOf(state) === "swarm";
      if (healing.pending || gone) await stack.refresh();
      await destroy(stack, progress, context);
    }
    await removeLabelled(engine, { stack: stack.name, owner });
    if (state !== undefined) await stack.remove();
  });
  forgetClone({ stack: stack.name, env: context.env });
}

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

/** Removes whatever carries a stack's and its owner's labels. Volumes are the last: containers hold them. */
export async function removeLabelled(engine: Engine, owned: Owned): Promise<void> {
  const { containers, networks, volumes } = await lookAtOwn(engine, owned);
  await Promise.all(containers.map(({ name }) => engine.removeContainer(name, { force: true })));
  await engine.removeConfigs((name) => isConfigOf(owned.stack, name));
  await Promise.all(networks.map(({ id }) => engine.removeNetwork(id)));
  await Promise.all(volumes.map(({ name }) => engine.removeVolume(name)));
  await removeExecutableImages(engine, owned.stack, owned.owner);
}
