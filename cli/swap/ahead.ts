import { Stack } from "../../automation/stack.ts";
import type { SwapArgs } from "../../automation/swap.ts";
import type { Context } from "../../common/context.ts";
import { Progress } from "../../common/progress.ts";
import { Engine } from "../../docker/engine.ts";
import type { LiveRole } from "../../executable/live-override.ts";
import { type SettingChanges, SettingsFile } from "../../model/settings-file.ts";
import type { KnownInputs } from "../../stacks/prepare.ts";
import { DeclaredSwapper } from "../watch/declared.ts";

/** A swap whose pulumi runs already, while everything else is loaded and looked at. */
export interface SwapAhead extends SwapArgs {
  /** To be closed, which ends what was not used. */
  readonly swapper: DeclaredSwapper;
  /** Takes what the program is to run by. */
  readonly tell: (found: KnownInputs) => void;
  /** When it began, in ms since 1970. */
  readonly began: number;
}

/**
 * Begins a swap by an update of its own. What this loads is all that pulumi's start waits for: the rest is in once.ts.
 * @param changes of the settings: where one differs from what is there, pulumi would read the old ones, so it does not start yet
 */
export async function swapAhead(name: string, roles: readonly LiveRole[], changes: SettingChanges, context: Context): Promise<SwapAhead> {
  const began = Date.now();
  const args = {
    engine: Engine.connect(context.env),
    stack: new Stack(name, context),
    roles,
    progress: new Progress(context.stderr),
    context,
  };
  const found = Promise.withResolvers<KnownInputs>();
  const swapper = new DeclaredSwapper(args, { found: found.promise });
  if (await changesNothing(args.stack.settingsPath, changes)) await swapper.beginArming();
  return { ...args, swapper, tell: found.resolve, began };
}

async function changesNothing(path: string, changes: SettingChanges): Promise<boolean> {
  if (Object.values(changes).every((change) => change === undefined)) return true;
  return await SettingsFile.read(path, changes).then(
    (file) => !file.changed,
    // Whoever reads them next tells what is wrong with them.
    () => false,
  );
}
