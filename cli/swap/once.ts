import { bringsExecutable, type Configured, configure } from "../../automation/configured.ts";
import { buildForEngine } from "../../automation/ready.ts";
import { beginSwap, swapDeclared } from "../../automation/swap.ts";
import { mayTakeOver } from "../../automation/take-over.ts";
import { heldTimeoutMs, whenFree } from "../../automation/when-free.ts";
import type { Context } from "../../common/context.ts";
import { UserError } from "../../common/errors.ts";
import { announceStop } from "../../common/progress.ts";
import { stoppedBefore } from "../../common/stopping.ts";
import { checkHeaders } from "../../executable/check.ts";
import { loadExecutable, loadStaged } from "../../executable/loading.ts";
import { previousExecutable } from "../../executable/past-executables.ts";
import { executableFile, type LoadedExecutable, stagedFile } from "../../executable/staging.ts";
import type { SettingChanges } from "../../model/settings-file.ts";
import { besideExecutable, type ConfigurationArgs } from "../../stacks/configuration.ts";
import type { Machine } from "../../stacks/prepare.ts";
import { keepReady } from "../keeper/start.ts";
import type { SwapAhead } from "./ahead.ts";
import { type RunningRoles, tellSwap, whatRuns } from "./what-runs.ts";

export interface SwapWish {
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
export async function swapOnce(ahead: SwapAhead, { changes, back, takeOver }: SwapWish): Promise<void> {
  const { engine, stack, roles, context, swapper, began } = ahead;
  const { name } = stack;
  const stopArming = () => void swapper.close().catch(() => {});
  context.signal.addEventListener("abort", stopArming);
  const stopListening = announceStop(context, ahead.progress);
  try {
    const looks = Promise.all([whatRuns(engine, name), engine.ping()]);
    // Told where its answer is used.
    looks.catch(() => {});
    const files: ConfigurationArgs["files"] = back ? besideExecutable : undefined;
    const configured = await configure(name, context, { changes, files, toRun: true });
    await mayTakeOver(stack, configured, takeOver, context);
    const { progress } = ahead;
    const start = await whenFree(() => beginSwap(ahead), { progress, signal: context.signal, timeoutMs: heldTimeoutMs });
    const [before, { arch }] = await looks;
    const machine = { engine, arch };
    ahead.tell({ configuration: configured.forProgram, machine });
    const executable = await (back ? previous(name, configured, machine, before, context) : next(ahead, configured, machine));
    // What pulumi was started with are the settings as they lie there.
    const asTheyLie = executable !== undefined && !configured.file.changed;
    if (context.signal.aborted) throw stoppedBefore(name);
    const armed = asTheyLie && (await withProgress(ahead, () => swapper.swapArmed(start, executable)));
    if (!armed) {
      await swapper.close();
      // What follows says it itself.
      stopListening();
      const program = {
        machine,
        configuration: configured.forProgram,
        ...(back && executable && { executable: Promise.resolve(executable) }),
      };
      await swapDeclared(ahead, start, program, configured.file);
    }
    await tellSwap(engine, { stack: name, roles, before, began }, (text) => context.stdout.write(text));
    if (back) context.stdout.write(settingsStay(name, configured));
    await keepReady(name, configured.settings, context);
  } finally {
    stopListening();
    context.signal.removeEventListener("abort", stopArming);
    await swapper.close();
  }
}

async function withProgress<T>({ progress }: SwapAhead, work: () => Promise<T>): Promise<T> {
  progress.start("checking", "waiting until everything answers");
  try {
    return await work();
  } finally {
    progress.stop();
  }
}

/** @returns undefined where only pulumi can read what the settings name, or it is in an image */
async function next(
  { stack: { name }, progress, context }: SwapAhead,
  configured: Configured,
  machine: Machine,
): Promise<LoadedExecutable | undefined> {
  const { executable, settings } = configured;
  const { arch } = machine;
  if (executable !== undefined) checkHeaders(executable.headers, executable.shown, arch);
  if (executable !== undefined || bringsExecutable(configured)) return executable;
  await buildForEngine(machine, name, configured, progress, context);
  return await loadStaged(context.root, executableFile(context.root, name, settings, arch), arch, name);
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
