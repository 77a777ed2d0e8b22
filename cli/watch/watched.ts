import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative, resolve } from "node:path";
import { type Configured, mustBePlain } from "../../automation/configured.ts";
import type { Context } from "../../common/context.ts";
import { UsageError, UserError } from "../../common/errors.ts";
import type { Progress } from "../../common/progress.ts";
import { buildSample } from "../../executable/build-sample.ts";
import { buildFromSettings } from "../../executable/container-build.ts";
import { executableFile } from "../../executable/staging.ts";
import type { Machine } from "../../stacks/prepare.ts";
import { ensureGo } from "../../toolchain/go.ts";
import { type Build, runBuild } from "./build.ts";
import { lookingAtOutput } from "./output.ts";
import type { Sources } from "./sources.ts";

/** The file that is watched, and what builds it. */
export interface Watched {
  readonly executable: string;
  readonly build?: Build;
  readonly sources?: Sources;
}

/** What a command line says of builds. */
export interface Wish {
  /** Whether it names the executable itself. */
  readonly named: boolean;
  readonly command: string | undefined;
  readonly also: readonly string[];
  readonly ignore: readonly string[];
}

/**
 * Decides which file is watched, and what builds it.
 * @throws UsageError where nobody has said which file a build writes; UserError for a stack that runs an image, and for a named file that is not there
 */
export function whatToWatch(
  stack: string,
  configured: Configured,
  { engine, arch }: Machine,
  { named, command, also, ignore }: Wish,
  progress: Progress,
  context: Context,
): Watched {
  const { root, cwd, env } = context;
  const { settings } = configured;
  mustBePlain(configured, "service.binary", "service.image", "build");
  const { image, binary } = settings.service;
  if (image !== undefined) {
    throw new UserError(
      `stack "${stack}" runs the image ${image}, not a file that could be watched`,
      `./nitro swap -s ${stack} after each new image; or run a file: pulumi config rm --stack ${stack} --path nitro:service.image`,
    );
  }
  const executable = executableFile(root, stack, settings, arch);
  if (command !== undefined) {
    if (binary === undefined)
      throw new UsageError(
        `the settings of stack "${stack}" name no executable: say which file the build writes, such as --build 'go build -o payments .' --binary payments`,
      );
    const build = lookingAtOutput(executable, shownHere(executable, cwd), (signal) => runBuild({ command, cwd, env, arch }, signal));
    return { executable, build, sources: { folder: cwd, also, ignore, output: executable } };
  }
  for (const [option, patterns] of Object.entries({ sources: also, ignore }))
    if (patterns.length > 0 && binary !== undefined) throw new UsageError(`--${option} is for --build, which is missing`);
  if (named && !existsSync(executable))
    throw new UserError(`there is no file ${shownHere(executable, cwd)}`, "build it first, or let the watch build it: --build COMMAND");
  if (binary !== undefined) return { executable };
  const inContainer = settings.build.command !== undefined;
  const sources = { folder: inContainer ? resolve(root, settings.build.folder) : join(root, "sample"), also, ignore, output: executable };
  const build = async (signal: AbortSignal) => {
    if (inContainer) await buildFromSettings(engine, arch, { name: stack, settings }, progress, { root, env, signal });
    else await buildSample(await ensureGo(env), arch, context);
  };
  return { executable, build, sources };
}

/** A path as a person would write it here. */
export function shownHere(path: string, cwd: string): string {
  const inside = relative(cwd, path);
  if (!inside.startsWith("..")) return inside;
  return path.startsWith(`${homedir()}/`) ? `~${path.slice(homedir().length)}` : path;
}
