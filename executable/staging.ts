import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { ifPresent } from "../common/files.ts";
import { bringToDisk, putFolder, removeStages } from "../common/staged-folder.ts";
import { trace } from "../common/trace.ts";
import type { Arch } from "../docker/types.ts";
import type { Settings } from "../model/settings.ts";
import { checkExecutable, ExecutableError } from "./check.ts";
import { liveHashes, removeOverridesOf } from "./live-override.ts";
import { readPastExecutables } from "./past-executables.ts";

/** Where a container finds the folder of staged executables. */
export const binPath = "/nitro/bin";

/** An executable that was read, checked and hashed, not yet where the containers see it. */
export interface LoadedExecutable {
  readonly sha256: string;
  readonly bytes: Buffer;
  readonly builtAt: Date;
}

/** One that a setting names. */
export interface ConfiguredExecutable extends LoadedExecutable {
  /** Its file, as messages name it. */
  readonly shown: string;
}

/** An executable where the containers see it: in a folder of the host, or in an image. */
export interface StagedExecutable {
  readonly sha256: string;
  /** Folder of the host that holds <sha256>/payments. */
  readonly folder?: string;
  /** Image that holds it, in place of the folder. */
  readonly image?: {
    readonly id: string;
    /** Of an image that is not made here: the words that start the executable, which is the last. Ours take the hash. */
    readonly entrypoint?: readonly string[];
  };
}

/** Where `nitro up` builds the sample, used when no `service.binary` is configured. Two engines may have different architectures. */
export function sampleExecutable(root: string, arch: Arch): string {
  return join(root, ".nitro", "build", arch, "payments");
}

/** Where a stack's build.command puts its executable. */
export function builtExecutable(root: string, stack: string, arch: Arch): string {
  return join(root, ".nitro", stack, "build", arch, "payments");
}

/** The folder that a stack's service and worker see as /nitro/bin. */
export function binFolder(root: string, stack: string): string {
  return join(root, ".nitro", stack, "bin");
}

/** The file that settings which name no image say is run: their own, what their command builds, else the sample. */
export function executableFile(root: string, stack: string, { service, build }: Pick<Settings, "service" | "build">, arch: Arch): string {
  if (service.binary !== undefined) return resolve(root, service.binary);
  return build.command === undefined ? sampleExecutable(root, arch) : builtExecutable(root, stack, arch);
}

/**
 * Reads and checks the executable. Reading it whole means that what was checked is what runs, whatever the build does meanwhile.
 * @param configured the setting service.binary, relative to the project's root; undefined for the sample
 * @throws ExecutableError with the reason and the command that mends it
 */
export async function loadExecutable(root: string, configured: string | undefined, arch: Arch, stack: string): Promise<LoadedExecutable> {
  if (configured !== undefined) return await read(root, resolve(root, configured), arch, nameAnother);
  return await read(root, sampleExecutable(root, arch), arch, `build it with: ./nitro up -s ${stack}`);
}

/**
 * The same for a setting alone; while the engine is not known, whether it is for its architecture is not looked at (checkExecutable does that later).
 * @throws ExecutableError
 */
export async function loadForAnyEngine(root: string, configured: string, arch?: Arch): Promise<ConfiguredExecutable> {
  return await read(root, resolve(root, configured), arch, nameAnother);
}

/** In bytes. It is read whole, so that what was checked is what runs. */
const largest = 2 ** 30;

const nameAnother = "give the path of a built executable: --binary <file>, or setting service.binary";

/** @param mend what to do where there is no such file */
async function read(root: string, path: string, arch: Arch | undefined, mend: string): Promise<ConfiguredExecutable> {
  trace(process.env, "executable read");
  const shown = relative(root, path).startsWith("..") ? path : relative(root, path);
  const before = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new ExecutableError(`executable ${shown}: ${error.code === "ENOENT" ? "there is no such file" : error.message}; ${mend}`);
  });
  if (!before.isFile())
    throw new ExecutableError(
      `executable ${shown}: it is ${before.isDirectory() ? "a folder" : "not a regular file"}; give the path of a built executable`,
    );
  if (before.size > largest) {
    const [size, most] = [before.size, largest].map((bytes) => `${(bytes / 2 ** 30).toFixed(1)} GiB`);
    throw new ExecutableError(`executable ${shown}: it has ${size}; allowed are at most ${most}: is it an image or a dump? ${nameAnother}`);
  }
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new ExecutableError(`executable ${shown}: it cannot be read (${error.code ?? error.message}); allow it with: chmod u+r ${path}`);
  });
  checkExecutable(bytes, shown, arch);
  const after = await stat(path).catch(() => undefined);
  if (
    after === undefined ||
    after.mtimeMs !== before.mtimeMs ||
    after.size !== before.size ||
    after.ino !== before.ino ||
    bytes.length !== after.size
  ) {
    throw new ExecutableError(
      `executable ${shown}: it changed while it was read, a build is writing it; wait for the build and run the command again`,
    );
  }
  return { shown, sha256: createHash("sha256").update(bytes).digest("hex"), bytes, builtAt: before.mtime };
}

/** The file of a staged executable. */
export function stagedFile(root: string, stack: string, sha256: string): string {
  return join(binFolder(root, stack), sha256, "payments");
}

/**
 * Makes an executable the stack's next one: stages it, on disk when this returns, and removes those that nobody needs any more. Nothing
 * stands in for it live.
 * @param running hashes of what the stack's containers run
 */
export async function installExecutable(
  root: string,
  stack: string,
  executable: LoadedExecutable,
  running: readonly string[],
): Promise<StagedExecutable> {
  const folder = await stageExecutable(root, stack, executable);
  const { sha256 } = executable;
  await bringToDisk(join(folder, sha256));
  await removeOverridesOf(folder, sha256);
  await pruneStaged(root, stack, new Set([sha256, ...running, ...(await readPastExecutables(root, stack))]));
  return { sha256, folder };
}

/**
 * Puts an executable where the containers see it, as bin/<sha256>/payments; all at once, whatever kills this process. What is staged already is
 * compared to its last byte: a damaged one, as a power cut may leave it, is staged anew.
 * Modes do not depend on the umask: the containers' user has to read it.
 * @returns the folder to mount
 */
export async function stageExecutable(root: string, stack: string, executable: LoadedExecutable): Promise<string> {
  const bin = binFolder(root, stack);
  await mkdir(bin, { recursive: true });
  await chmod(bin, 0o755);
  const target = join(bin, executable.sha256);
  if ((await ifPresent(readFile(join(target, "payments"))))?.equals(executable.bytes) === true) {
    // As young as if it were staged now.
    await utimes(target, new Date(), new Date());
    return bin;
  }
  await putFolder(target, async (stage) => {
    const file = join(stage, "payments");
    await writeFile(file, executable.bytes);
    await utimes(file, executable.builtAt, executable.builtAt);
    await chmod(file, 0o555);
    await chmod(stage, 0o755);
  });
  return bin;
}

/**
 * Removes staged executables that nothing needs, and what killed runs left half-way. Those that run live stay.
 * @param spared hashes that a container uses or is about to
 * @param olderThanMs leaves alone what was staged since: others may be about to use it
 */
export async function pruneStaged(root: string, stack: string, spared: ReadonlySet<string>, olderThanMs = 0): Promise<void> {
  const bin = binFolder(root, stack);
  await removeStages(bin);
  const entries = (await ifPresent(readdir(bin))) ?? [];
  const live = await liveHashes(bin);
  const unused = entries.filter((entry) => /^[0-9a-f]{64}$/.test(entry) && !spared.has(entry) && !live.includes(entry));
  await Promise.all(
    unused.map(async (entry) => {
      const folder = join(bin, entry);
      const stagedAt = olderThanMs === 0 ? 0 : ((await stat(folder).catch(() => undefined))?.mtimeMs ?? 0);
      if (stagedAt + olderThanMs <= Date.now()) await rm(folder, { recursive: true, force: true });
    }),
  );
}
