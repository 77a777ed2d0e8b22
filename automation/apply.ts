import type { Context } from "../common/context.ts";
import { announceStop, type Progress } from "../common/progress.ts";
import type { Engine } from "../docker/engine.ts";
import { layout, refuseNewer } from "../model/layout.ts";
import { stackNames } from "../model/names.ts";
import type { SettingsFile } from "../model/settings-file.ts";
import { ownerId } from "../toolchain/owner.ts";
import { projectVersion } from "../toolchain/version.ts";
import { rollBack } from "./aws-rollback.ts";
import { type EngineEvent, type Outcome, touches } from "./events.ts";
import { asOfNow, clearAway, decideHealing, type Healing, look, type Seen } from "./heal.ts";
import { clearedLine } from "./lock.ts";
import { type Stack, UpdateError, type UpdateOptions } from "./stack.ts";
import type { StackState } from "./state.ts";
import { showUpdate } from "./update-progress.ts";

/** Clears locks of dead processes and says so. @throws UserError naming a living holder */
export async function takeOverLocks(stack: Stack, progress: Progress): Promise<void> {
  for (const lock of await stack.clearLocks()) progress.line(clearedLine(lock));
}

/** Looks at what is there and decides what has to be mended. @throws UserError where a newer program than this one made the stack */
export async function examine(
  engine: Pick<Engine, "containers" | "networks" | "volumes" | "inspect" | "exec">,
  stack: Pick<Stack, "name">,
  state: StackState | undefined,
  context: Pick<Context, "root" | "env">,
): Promise<Healing> {
  refuseNewer(stack.name, state?.madeBy, { version: projectVersion(context.root), layout });
  const decide = (seen: Seen) => decideHealing(stackNames(stack.name), ownerId(context.env), seen, state);
  const seen = await look(engine, stack.name);
  const healing = decide(seen);
  return healing.reasons.length === 0 ? healing : decide(await asOfNow(engine, seen));
}

/**
 * Makes way for an update of a damaged stack.
 * @returns true where the update has to refresh first
 */
export async function heal(engine: Engine, stack: Stack, healing: Healing, progress: Progress): Promise<boolean> {
  if (healing.reasons.length === 0) return false;
  for (const reason of healing.reasons) progress.line(`! ${reason}`);
  // Somebody else's update may have begun since the examination: what it creates must not be taken for left-overs.
  await takeOverLocks(stack, progress);
  await stack.mustBeFree();
  await clearAway(engine, healing);
  if (!healing.pending) return healing.refresh;
  await stack.refresh();
  return false;
}

/**
 * Writes settings and updates the stack. Where it ended, by an error or by Ctrl-C, before anything was changed, they are put back, so that the next
 * update does not bring what nobody has seen run.
 * @param file with the changes; undefined where nothing is to be written
 */
export async function applySettings(
  stack: Stack,
  file: SettingsFile | undefined,
  options: UpdateOptions,
  progress: Progress,
  context: Context,
): Promise<Outcome> {
  const restore = await file?.write();
  const stopListening = announceStop(context, progress);
  progress.start("checking", "waiting until everything answers");
  const show = showUpdate(progress);
  let touched = false;
  const onEvent = (event: EngineEvent) => {
    touched ||= touches(event);
    show(event);
  };
  try {
    return await stack.update({ ...options, onEvent });
  } catch (error) {
    if (!touched) await restore?.();
    else if (error instanceof UpdateError) await rollBack(stack, error.outcome, error, progress);
    throw error;
  } finally {
    progress.stop();
    stopListening();
  }
}
