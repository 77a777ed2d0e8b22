import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { extract } from "tar-stream";
import type { Context } from "../common/context.ts";
import { UserError } from "../common/errors.ts";
import { writeByDraft } from "../common/files.ts";
import { withLock } from "../common/lock.ts";
import type { Progress } from "../common/progress.ts";
import type { Engine } from "../docker/engine.ts";
import { isNotFound } from "../docker/error.ts";
import { LineSplitter } from "../docker/streams.ts";
import type { Arch } from "../docker/types.ts";
import { goImageRefs } from "../images/build.ts";
import { buildShown } from "../images/show-build.ts";
import type { Settings } from "../model/settings.ts";
import { swapMode } from "../model/swap-mode.ts";
import { nitroHome } from "../toolchain/home.ts";
import { type BuilderArgs, containerBuildEnvironment, ensureBuilder, outFolder, sendSources, sourceFolder } from "./builder-container.ts";
import { builtExecutable } from "./staging.ts";

export interface ContainerBuild extends Omit<BuilderArgs, "engine"> {
  readonly arch: Arch;
  /** A line for sh, run in the sources' folder; it has to write /out/payments. */
  readonly command: string;
  /** The executable's path on this host. */
  readonly output: string;
  /** Gets each line that the command writes. */
  readonly onLine?: (line: string) => void;
  /** Ends the build. */
  readonly signal?: AbortSignal;
}

/**
 * Compiles in a container of the engine, which stays for the next build. The executable appears whole, and only when the build went well.
 * @returns the executable's path on this host
 * @throws UserError with the compiler's own words; the signal's reason where that was aborted
 */
export async function buildInContainer(engine: Engine, build: ContainerBuild): Promise<string> {
  const { signal } = build;
  signal?.throwIfAborted();
  const args = { ...build, engine };
  const container = await ensureBuilder(args);
  // One build at a time in one container: they share the folder of the output.
  return withLock(join(nitroHome(build.env), "locks", container), async () => {
    signal?.throwIfAborted();
    if (!build.sees) await sendSources(engine, container, build.folder);
    await compile(engine, container, build);
    return fetchOutput(engine, container, build);
  });
}

/** Whose executable is built. */
export interface BuiltStack {
  readonly name: string;
  readonly settings: Pick<Settings, "build" | "swap">;
}

/** Builds what a stack's settings say. See buildInContainer. */
export async function buildFromSettings(
  engine: Engine,
  arch: Arch,
  { name, settings: { build, swap } }: BuiltStack,
  progress: Progress,
  context: Pick<Context, "root" | "env" | "signal">,
): Promise<string> {
  const { root, env, signal } = context;
  const folder = resolve(root, build.folder);
  const mode = swapMode(swap.mode, { host: engine.host, platform: process.platform, root: folder, home: homedir() });
  const image = build.image ?? (await ownImage(engine, arch, progress, env));
  try {
    return await buildInContainer(engine, {
      arch,
      command: build.command ?? "",
      image,
      folder,
      sees: mode === "mount",
      output: builtExecutable(root, name, arch),
      env,
      signal,
      onLine: (line) => progress.status(`build: ${line}`),
    });
  } finally {
    progress.status(undefined);
  }
}

async function ownImage(engine: Engine, arch: Arch, progress: Progress, env: NodeJS.ProcessEnv): Promise<string> {
  const refs = goImageRefs(arch);
  await buildShown(engine, refs, env, progress);
  return refs.go;
}

/** An exec begins a session of its own: its process group is the command and all that it starts. */
const script = `echo $$ > "/tmp/$NITRO_BUILD"; touch /tmp/used; rm -rf ${outFolder}/*; eval "$NITRO_COMMAND"`;

async function compile(engine: Engine, container: string, build: ContainerBuild): Promise<void> {
  const { command, signal } = build;
  const id = `build-${randomBytes(6).toString("hex")}`;
  const env = { ...containerBuildEnvironment(build.env, build.arch), NITRO_BUILD: id, NITRO_COMMAND: command };
  const { stdin, output, exitCode } = await engine.openExec(container, ["sh", "-c", script], { env, workdir: sourceFolder });
  stdin.end();
  const stop = () => void endCommand(engine, container, id);
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  const lines: string[] = [];
  const splitter = new LineSplitter();
  const take = (more: readonly string[]) => {
    for (const line of more) build.onLine?.(line);
    lines.push(...more);
  };
  try {
    for await (const { data } of output) take(splitter.push(data));
    take(splitter.end());
  } finally {
    signal?.removeEventListener("abort", stop);
  }
  signal?.throwIfAborted();
  const code = await exitCode();
  if (code !== 0) throw new UserError(`the build failed (${command}, exit code ${code}):\n${lines.join("\n").trimEnd()}`);
}

/** Kills a command and all that it started; where that cannot be done, its container with it: the next build makes it anew. */
async function endCommand(engine: Engine, container: string, id: string): Promise<void> {
  const killed = await engine.exec(container, ["sh", "-c", `kill -s KILL -- "-$(cat /tmp/${id})"`]).catch(() => undefined);
  if (killed?.exitCode !== 0) await engine.removeContainer(container, { force: true }).catch(() => undefined);
}

async function fetchOutput(engine: Engine, container: string, { command, output }: ContainerBuild): Promise<string> {
  const archive = await engine.archive(container, `${outFolder}/payments`).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    throw new UserError(
      `the build wrote no ${outFolder}/payments (${command})`,
      `name it as the output: go build -o ${outFolder}/payments ./your/program`,
    );
  });
  await mkdir(dirname(output), { recursive: true });
  await writeByDraft(output, async (draft) => {
    for await (const entry of archive.pipe(extract())) await writeFile(draft, await buffer(entry), { mode: 0o755 });
  });
  return output;
}
