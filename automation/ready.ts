import type { Context } from "../common/context.ts";
import { type Progress, seconds } from "../common/progress.ts";
import type { Engine } from "../docker/engine.ts";
import { buildSample } from "../executable/build-sample.ts";
import type { Arch } from "../executable/check.ts";
import type { BuiltStack } from "../executable/container-build.ts";
import { loadChecked } from "../executable/load.ts";
import { imageRefs } from "../images/build.ts";
import { buildShown } from "../images/show-build.ts";
import { type StackConfig, setting } from "../model/settings-file.ts";
import { ensureGo } from "../toolchain/go.ts";
import { setUp } from "../toolchain/setup.ts";

export interface ReadyOptions {
  readonly config: StackConfig;
  /** The executable that is asked for; undefined where the settings say which, or that the sample has to be built. */
  readonly binary: string | undefined;
  readonly stack: string;
  readonly progress: Progress;
  readonly context: Context;
}

/**
 * Gets everything that has to be there before an update: engine, Pulumi, images, an executable. What is there already costs milliseconds.
 * @returns the container engine
 * @throws UserError for an executable that cannot run on the engine, before anything is built
 */
export async function makeReady({ config, binary, stack, progress, context }: ReadyOptions): Promise<Engine> {
  const aws = (await config.get("ledger.mode")) === "aws";
  if (aws) await (await import("./aws-ready.ts")).checkAws(config, stack);
  const engine = await setUp(context.env, context.stderr, aws ? ["aws"] : []);
  const { arch } = await engine.ping();
  const executable = binary ?? (await config.get("service.binary"));
  // Images take minutes to build: an executable that could not run on them is told before.
  if (executable !== undefined) await loadChecked(context.root, executable, arch, stack);
  const builds = binary === undefined && !(await bringsExecutable(config));
  await Promise.all([
    images(engine, arch, config, progress, context),
    builds ? buildForEngine(engine, { name: stack, config }, progress, context) : undefined,
  ]);
  return engine;
}

async function images(engine: Engine, arch: Arch, config: StackConfig, progress: Progress, context: Context): Promise<void> {
  const text = (await config.text()) ?? "";
  const own = (role: string) => setting(text, `images.${role}`);
  const refs = imageRefs(arch, { base: own("base"), redis: own("redis"), localstack: own("localstack"), node: own("node") });
  await buildShown(engine, refs, context.env, progress);
}

/** True where the settings name an executable, or an image that has one; else one is built. */
export async function bringsExecutable(config: StackConfig): Promise<boolean> {
  const text = (await config.text()) ?? "";
  return setting(text, "service.binary") !== undefined || setting(text, "service.image") !== undefined;
}

/**
 * Builds the executable for the engine's architecture: by the setting build.command in a container, else the sample.
 * @throws UserError with the compiler's own words
 */
export async function buildForEngine(engine: Engine, stack: BuiltStack, progress: Progress, context: Context): Promise<void> {
  const { arch } = await engine.ping();
  if ((await stack.config.get("build.command")) === undefined) return compileSample(arch, progress, context);
  const { buildFromSettings } = await import("../executable/container-build.ts");
  const began = Date.now();
  await buildFromSettings(engine, arch, stack, progress, context);
  progress.line(`✓ built in a container ${seconds(Date.now() - began)}`);
}

async function compileSample(arch: Arch, progress: Progress, context: Context): Promise<void> {
  const began = Date.now();
  await buildSample(await ensureGo(context.env), arch, context);
  progress.line(`✓ sample built ${seconds(Date.now() - began)}`);
}
