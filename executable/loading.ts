import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { errorCode } from "../common/errors.ts";
import { trace } from "../common/trace.ts";
import type { Arch } from "../docker/types.ts";
import { checkHeaders, ExecutableError } from "./check.ts";
import type { ExecutableHeaders } from "./elf-headers.ts";
import { readFileOnce } from "./read-through.ts";
import { binFolder, type LoadedExecutable, sampleExecutable, stageCopy } from "./staging.ts";

/** One that a setting names. */
export interface ConfiguredExecutable extends LoadedExecutable {
  /** Its file, as messages name it. */
  readonly shown: string;
  /** What it says of itself: which engine it is for may become known later (checkHeaders). */
  readonly headers: ExecutableHeaders;
}

/**
 * Reads, checks and hashes the executable, and changes nothing.
 * @param configured the setting service.binary, relative to the project's root; undefined for the sample
 * @throws ExecutableError with the reason and the command that mends it
 */
export async function loadExecutable(root: string, configured: string | undefined, arch: Arch, stack: string): Promise<LoadedExecutable> {
  return await read(fileOf(root, configured, arch, stack));
}

/**
 * The same, and stages it while it is read: it is read once, and what was checked is what runs, whatever the build does meanwhile. Nothing runs it
 * by that, and what is not used is removed by the next one that is.
 * @throws ExecutableError
 */
export async function loadStaged(root: string, configured: string | undefined, arch: Arch, stack: string): Promise<LoadedExecutable> {
  return await readStaged(fileOf(root, configured, arch, stack), binFolder(root, stack));
}

/**
 * Reads what a setting names; while the engine is not known, whether it is for its architecture is not looked at (checkHeaders does that later).
 * @param stack one that is about to run it: where it has run others, this one is staged at once
 * @throws ExecutableError
 */
export async function loadForAnyEngine(root: string, configured: string, arch?: Arch, stack?: string): Promise<ConfiguredExecutable> {
  const wanted: Wanted = { root, path: resolve(root, configured), arch, mend: nameAnother };
  const bin = stack === undefined ? undefined : binFolder(root, stack);
  return await (bin !== undefined && existsSync(bin) ? readStaged(wanted, bin) : read(wanted));
}

/** A file as messages name it. @param path absolute */
export function shownPath(root: string, path: string): string {
  const inside = relative(root, path);
  return inside.startsWith("..") ? path : inside;
}

interface Wanted {
  readonly root: string;
  readonly path: string;
  readonly arch: Arch | undefined;
  /** What to do where there is no such file. */
  readonly mend: string;
}

function fileOf(root: string, configured: string | undefined, arch: Arch, stack: string): Wanted {
  if (configured !== undefined) return { root, path: resolve(root, configured), arch, mend: nameAnother };
  return { root, path: sampleExecutable(root, arch), arch, mend: `build it with: ./nitro up -s ${stack}` };
}

function readStaged(wanted: Wanted, bin: string): Promise<ConfiguredExecutable> {
  return stageCopy(bin, (copy) => read(wanted, copy));
}

/** In bytes. */
const largest = 2 ** 30;

const nameAnother = "give the path of a built executable: --binary <file>, or setting service.binary";

/** @param copy gets the same content, where it is given */
async function read({ root, path, arch, mend }: Wanted, copy?: string): Promise<ConfiguredExecutable> {
  trace(process.env, "executable read");
  const shown = shownPath(root, path);
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
  const check = (headers: ExecutableHeaders) => checkHeaders(headers, shown, arch);
  const unreadable = (error: unknown): never => {
    throw new ExecutableError(`executable ${shown}: it cannot be read (${errorCode(error)}); allow it with: chmod u+r ${path}`);
  };
  const { torn, ...found } = await readFileOnce(path, { copy, check, unreadable });
  if (torn) {
    throw new ExecutableError(
      `executable ${shown}: it changed while it was read, a build is writing it; wait for the build and run the command again`,
    );
  }
  trace(process.env, "executable known");
  return { shown, ...found, builtAt: before.mtime, file: path };
}
