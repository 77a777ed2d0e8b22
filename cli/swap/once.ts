import { bringsExecutable, type Configured, configure } from "../../automation/configured.ts";
import { buildForEngine } from "../../automation/ready.ts";
import { Stack } from "../../automation/stack.ts";
import { beginSwap, swapDeclared } from "../../automation/swap.ts";
import { mayTakeOver } from "../../automation/take-over.ts";
import type { Context } from "../../common/context.ts";
import { UserError } from "../../common/errors.ts";
import { Progress } from "../../common/progress.ts";
import { Engine } from "../../docker/engine.ts";
import type { LiveRole } from "../../executable/live-override.ts";
import { loadExecutable } from "../../executable/loading.ts";
import { previousExecutable } from "../../executable/past-executables.ts";
import { type LoadedExecutable, stagedFile } from "../../executable/staging.ts";
import type { SettingChanges } from "../../model/settings-file.ts";
import { besideExecutable, type ConfigurationArgs } from "../../stacks/configuration.ts";
import type { Machine } from "../../stacks/prepare.ts";
import { keepReady } from "../keeper/start.ts";
import { type RunningRoles, tellSwap, whatRuns } from "./what-runs.ts";

export interface SwapWish {
  readonly name: string;
  readonly roles: readonly LiveRole[];
  /** What the command line changes of the settings. */
  readonly changes: SettingChanges;
  /** True: back to the executable before. */
  readonly back: boolean;
  /** True: also where another folder of this project declares the stack. */
  readonly takeOver: boolean | undefined;
}

/**
 * Swaps by an update of its own, and leaves a keeper for the next swap.
 * @throws UserError with the culprit and the way back
 */
export async function swapOnce({ name, roles, changes, back, takeOver }: SwapWish, context: Context): Promise<void> {
  const began = Date.now();
  const stack = new Stack(name, context);
  const progress = new Progress(context.stderr);
  const engine = Engine.connect(context.env);
  const looks = Promise.all([whatRuns(engine, name), engine.ping()]);
  // Told where its answer is used.
  looks.catch(() => {});
  const files: ConfigurationArgs["files"] = back ? besideExecutable : undefined;
  const configured = await configure(name, context, { changes, files, toRun: true });
  await mayTakeOver(stack, configured, takeOver, context);
  const swap = { engine, stack, roles, progress, context };
  const start = await beginSwap(swap);
  const [before, { arch }] = await looks;
  const machine = { engine, arch };
  const executable = back ? await previous(name, configured, machine, before, context) : undefined;
  if (!back && !bringsExecutable(configured)) await buildForEngine(machine, name, configured, progress, context);
  const program = { machine, configuration: configured.forProgram, executable: executable && Promise.resolve(executable) };
  await swapDeclared(swap, start, program, configured.file);
  await tellSwap(engine, { stack: name, roles, before, began }, (text) => context.stdout.write(text));
  if (back) context.stdout.write(settingsStay(name, configured));
  await keepReady(name, configured.settings, context);
}

/** Going back is for now: a line that says what the next update runs. */
function settingsStay(name: string, { settings, file }: Configured): string {
  // What is secret there is not for the terminal.
  const named = file.hides("service.binary") ? "an executable" : (settings.service.binary ?? "the sample");
  return `the settings still name ${named}, which the next up or swap runs; ./nitro swap --binary FILE -s ${name} names another one\n`;
}

async function previous(
  name: string,
  { settings }: Configured,
  { arch }: Machine,
  before: RunningRoles,
  { root }: Context,
): Promise<LoadedExecutable> {
  const { image } = settings.service;
  if (image !== undefined) {
    throw new UserError(
      `stack "${name}" runs the image ${image}: the executable before it is in another image`,
      `name that image: pulumi config set --stack ${name} --path nitro:service.image <image>`,
    );
  }
  const sha256 = await previousExecutable(
    root,
    name,
    [...before.values()].map(({ declared }) => declared),
  );
  if (sha256 === undefined) throw new UserError(`stack "${name}" has run no other executable that answered: there is none to go back to`);
  return loadExecutable(root, stagedFile(root, name, sha256), arch, name);
}
