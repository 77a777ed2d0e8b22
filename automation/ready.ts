import type { Context } from "../common/context.ts";
import { type Progress, seconds } from "../common/progress.ts";
import type { Arch } from "../docker/types.ts";
import { buildSample } from "../executable/build-sample.ts";
import { checkHeaders } from "../executable/check.ts";
import { imageRefs } from "../images/build.ts";
import { buildShown } from "../images/show-build.ts";
import { portBase, stackNames, stackPorts } from "../model/names.ts";
import { preflight } from "../stacks/preflight.ts";
import type { Machine } from "../stacks/prepare.ts";
import { ensureGo } from "../toolchain/go.ts";
import { ownerId } from "../toolchain/owner.ts";
import { setUp } from "../toolchain/setup.ts";
import { bringsExecutable, type Configured, mustBePlain } from "./configured.ts";
import { mustNotRun } from "./lost-state.ts";
import type { Stack } from "./stack.ts";

export interface ReadyOptions {
  readonly configured: Configured;
  readonly stack: Stack;
  readonly progress: Progress;
  readonly context: Context;
}

/**
 * Gets everything that has to be there before an update: engine, Pulumi, images, an executable. What is there already costs milliseconds.
 * @returns the container engine
 * @throws UserError for an executable that cannot run on the engine, for what is in the way of the stack, and for one whose state is lost, before
 * anything is built
 */
export async function makeReady({ configured, stack: known, progress, context }: ReadyOptions): Promise<Machine> {
  const { settings, executable, file, stack } = configured;
  const aws = settings.ledger.mode === "aws";
  if (aws && file.complete) await (await import("./aws-ready.ts")).checkAws(settings.aws, stack);
  const engine = await setUp(context.env, context.stderr, aws ? ["aws"] : []);
  const { arch } = await engine.ping();
  // Images take minutes to build: an executable that could not run on them is told before.
  if (executable !== undefined) checkHeaders(executable.headers, executable.shown, arch);
  if ((await known.state()) === undefined) await mustNotRun(engine, configured, context.env);
  if (settings.runtime === "swarm") await (await import("../stacks/swarm.ts")).swarmNodeOf(engine, stack);
  // And what is in the way of the stack, which the program looks for once more.
  const ports = stackPorts(settings.ports.base ?? portBase(stack));
  await preflight(engine, { names: stackNames(stack, settings.aws.region), ports, owner: ownerId(context.env) });
  await Promise.all([
    buildShown(engine, imageRefs(arch, settings.images), context.env, progress),
    bringsExecutable(configured) ? undefined : buildForEngine({ engine, arch }, stack, configured, progress, context),
  ]);
  return { engine, arch };
}

/**
 * Builds the executable for the engine's architecture: by the setting build.command in a container, else the sample.
 * @throws UserError with the compiler's own words
 */
export async function buildForEngine(
  { engine, arch }: Machine,
  stack: string,
  configured: Pick<Configured, "stack" | "settings" | "file">,
  progress: Progress,
  context: Context,
): Promise<void> {
  mustBePlain(configured, "build");
  const { settings } = configured;
  if (settings.build.command === undefined) return compileSample(arch, progress, context);
  const { buildFromSettings } = await import("../executable/container-build.ts");
  const began = Date.now();
  await buildFromSettings(engine, arch, { name: stack, settings }, progress, context);
  progress.line(`✓ built in a container ${seconds(Date.now() - began)}`);
}

async function compileSample(arch: Arch, progress: Progress, context: Context): Promise<void> {
  const began = Date.now();
  await buildSample(await ensureGo(context.env), arch, context);
  progress.line(`✓ sample built ${seconds(Date.now() - began)}`);
}
