import type { Context } from "../common/context.ts";
import { UserError } from "../common/errors.ts";
import type { Progress } from "../common/progress.ts";
import { type Look, wait } from "../common/waiting.ts";
import type { Engine } from "../docker/engine.ts";
import type { LiveRole } from "../executable/live-override.ts";
import { shownPath } from "../executable/loading.ts";
import { readPastExecutables } from "../executable/past-executables.ts";
import type { LoadedExecutable } from "../executable/staging.ts";
import type { SettingsFile } from "../model/settings-file.ts";
import { swapTargets } from "../model/urns.ts";
import type { ProgramOptions } from "../stacks/program.ts";
import { applySettings, examine, heal, takeOverLocks } from "./apply.ts";
import type { Healing } from "./heal.ts";
import { lostState } from "./lost-state.ts";
import { type Stack, UpdateError, type UpdateOptions } from "./stack.ts";
import { runtimeOf, type StackState, stateIds } from "./state.ts";

export interface SwapArgs {
  readonly engine: Engine;
  readonly stack: Stack;
  readonly roles: readonly LiveRole[];
  readonly progress: Progress;
  readonly context: Context;
}

/** What a swap begins with. */
export interface SwapStart {
  readonly state: StackState;
  readonly healing: Healing;
}

/**
 * Looks whether a swap can be done. Locks of dead processes go.
 * @throws UserError where the stack is not up or somebody is changing it
 */
export async function beginSwap({ engine, stack, progress, context }: Omit<SwapArgs, "roles">): Promise<SwapStart> {
  await takeOverLocks(stack, progress);
  const state = await stack.state();
  if (state === undefined || stateIds(state, "container").length === 0) {
    const lost = state === undefined ? await lostState(stack.name, context.env) : undefined;
    throw lost ?? new UserError(`stack "${stack.name}" is not up`, `./nitro up -s ${stack.name}`);
  }
  return { state, healing: await examine(engine, stack, state, context) };
}

/**
 * True where new containers alone are enough: everything else is there.
 * @param replaced names of containers that are replaced in any case: they may be broken
 */
export function isSound({ state, healing }: SwapStart, targets: readonly string[], replaced: readonly string[] = []): boolean {
  const known = targets.every((urn) => state.resources.some((resource) => resource.urn === urn));
  return known && healing.reasons.length === healing.containers.length && healing.containers.every((name) => replaced.includes(name));
}

/**
 * Declares another executable and replaces the containers that run it; a damaged stack gets all its parts back.
 * @param program what it runs by; with the executable, where that is not the one that the settings name
 * @param file settings that go with it
 * @throws UpdateError with the culprit and the way back
 */
export async function swapDeclared(args: SwapArgs, start: SwapStart, program: ProgramOptions, file?: SettingsFile): Promise<void> {
  const { engine, stack, roles, progress, context } = args;
  const targets = swapTargets(stack.name, roles, runtimeOf(start.state));
  const sound = isSound(start, targets);
  const refresh = await heal(engine, stack, start.healing, progress);
  const options: UpdateOptions = sound ? { targets } : { refresh };
  const stopEarly = sound ? roles : [];
  try {
    await applySettings(stack, file, { ...options, program: { ...program, targeted: sound, stopEarly } }, progress, context);
  } catch (error) {
    if (stopEarly.length > 0) await startAgain(args, start);
    // That it could not be read is the failure itself.
    const loaded = program.executable === undefined ? program.configuration?.executable : await program.executable.catch(() => undefined);
    throw await withWayBack(error, stack.name, context, loaded);
  }
}

/** Twice the grace that a container has which was asked to stop (components/container.ts, which loads too much for here), in ms. */
const stopMs = 2_000;

/** An update that failed before it replaced a container may have asked it to stop already: the stop may still be under way. */
export async function startAgain(
  { engine, stack, roles }: Pick<SwapArgs, "engine" | "stack" | "roles">,
  { state }: SwapStart,
): Promise<void> {
  const targets = swapTargets(stack.name, roles, runtimeOf(state));
  const ids = state.resources.filter(({ urn }) => targets.includes(urn)).map(({ id }) => id);
  await Promise.all(ids.map((id) => startStopped(engine, id)));
}

async function startStopped(engine: Engine, id: string | undefined): Promise<void> {
  if (id === undefined) return;
  const strategy = {
    what: "the end of a container that was asked to stop",
    look: async (): Promise<Look<boolean>> => {
      const status = (await engine.inspect(id).catch(() => undefined))?.status;
      return status === "running" ? { seen: status } : { found: status === "exited" };
    },
  };
  const ended = await wait(strategy, { intervalMs: 50, timeoutMs: stopMs });
  if (ended.end === "found" && ended.value) await engine.start(id).catch(() => {});
}

/**
 * Adds to the failure of an update which executable it was for, and how to go back, where something was changed.
 * @param executable undefined where none was named; one that has answered before is not to blame
 * @param by the command that runs another one: a stack that has not come up yet needs a whole update
 */
export async function withWayBack(
  error: unknown,
  stack: string,
  { root }: Pick<Context, "root">,
  executable: Pick<LoadedExecutable, "file" | "sha256"> | undefined,
  by: "up" | "swap" = "swap",
): Promise<unknown> {
  if (!(error instanceof UpdateError) || !error.outcome.touched) return error;
  const [before] = await readPastExecutables(root, stack);
  if (executable?.sha256 === before) return error;
  const good = before?.slice(0, 12);
  const told =
    executable === undefined
      ? new UserError(error.message, `go back to ${good}: ./nitro swap -s ${stack} --previous`)
      : new UserError(
          `${error.message}\nthe executable is ${shownPath(root, executable.file)}`,
          good === undefined
            ? `run another one: ./nitro ${by} -s ${stack} --binary FILE, or --sample`
            : `go back to ${good}: ./nitro swap -s ${stack} --previous; run another one: ./nitro ${by} -s ${stack} --binary FILE, or --sample`,
        );
  return new UpdateError(told, error.outcome);
}
