import { chmod, mkdir, readdir, rm, stat, utimes } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ifPresent } from "../common/files.ts";
import { bringToDisk, removeStages, replaceFolder, withStage } from "../common/staged-folder.ts";
import type { Arch } from "../docker/types.ts";
import type { Settings } from "../model/settings.ts";
import { ExecutableError } from "./check.ts";
import { liveHashes, removeOverridesOf } from "./live-override.ts";
import { readPastExecutables } from "./past-executables.ts";
import { readFileOnce } from "./read-through.ts";
import { witnessFits, writeWitness } from "./witness.ts";

/** An executable that was read, checked and hashed. */
export interface LoadedExecutable {
  readonly sha256: string;
  /** Its length in bytes. */
  readonly size: number;
  readonly builtAt: Date;
  /** Absolute path of the file that it was read from. */
  readonly file: string;
}

/** Where a container finds the folder of staged executables. */
export const binPath = "/nitro/bin";

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

/** The file of a staged executable. */
export function stagedFile(root: string, stack: string, sha256: string): string {
  return join(binFolder(root, stack), sha256, "payments");
}

/**
 * Makes an executable the stack's next one: stages it, and removes those that nobody needs any more. Nothing stands in for it live. It may be on disk
 * later (bringStagedToDisk).
 * @param running hashes of what the stack's containers run
 */
export async function installExecutable(
  root: string,
  stack: string,
  executable: LoadedExecutable,
  running: readonly string[],
): Promise<StagedExecutable & { readonly folder: string }> {
  const folder = await stageExecutable(root, stack, executable);
  const { sha256 } = executable;
  await removeOverridesOf(folder, sha256);
  await pruneStaged(root, stack, new Set([sha256, ...running, ...(await readPastExecutables(root, stack))]));
  return { sha256, folder };
}

/**
 * Puts an executable where the containers see it, as bin/<sha256>/payments; all at once, whatever kills this process. What is staged already is
 * the same to its last byte, or is staged anew: a power cut may leave a damaged one.
 * @returns the folder to mount
 * @throws ExecutableError where its file is another one by now
 */
export async function stageExecutable(root: string, stack: string, executable: LoadedExecutable): Promise<string> {
  const bin = binFolder(root, stack);
  const { sha256, file } = executable;
  if (await isIntact(bin, sha256)) return bin;
  await stageCopy(bin, async (copy) => {
    if ((await ifPresent(readFileOnce(file, { copy })))?.sha256 === sha256) return executable;
    throw new ExecutableError(
      `executable ${file}: it changed after it was read, a build is writing it; wait for the build and run the command again`,
    );
  });
  return bin;
}

/**
 * Stages a copy under its hash.
 * Modes do not depend on the umask: the containers' user has to read it.
 * @param bin the stack's folder of staged executables
 * @param make writes the copy, which is kept where it does not fail and nothing of its hash is staged yet
 */
export async function stageCopy<T extends Pick<LoadedExecutable, "sha256" | "builtAt">>(
  bin: string,
  make: (copy: string) => Promise<T>,
): Promise<T> {
  await mkdir(bin, { recursive: true });
  await chmod(bin, 0o755);
  return await withStage(bin, async (stage) => {
    const file = join(stage, "payments");
    const made = await make(file);
    if (await isIntact(bin, made.sha256)) return made;
    await utimes(file, made.builtAt, made.builtAt);
    await chmod(file, 0o555);
    await writeWitness(stage, file);
    await chmod(stage, 0o755);
    await replaceFolder(stage, join(bin, made.sha256));
    return made;
  });
}

/** Waits until a staged executable is on disk, and survives a power cut. */
export async function bringStagedToDisk(bin: string, sha256: string): Promise<void> {
  await bringToDisk(join(bin, sha256));
}

/** Whether an executable is staged and whole. Then it counts as staged now. */
async function isIntact(bin: string, sha256: string): Promise<boolean> {
  const folder = join(bin, sha256);
  const file = join(folder, "payments");
  if (!(await witnessFits(folder, file))) {
    if ((await ifPresent(readFileOnce(file)))?.sha256 !== sha256) return false;
    await writeWitness(folder, file);
  }
  await utimes(folder, new Date(), new Date());
  return true;
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
