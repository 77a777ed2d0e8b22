import { randomBytes } from "node:crypto";
import { chmod, open, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorCode } from "./errors.ts";
import { isAlive } from "./process-tree.ts";

/** True for the error of a call that found no such file or folder. */
export function isAbsent(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? "");
}

/**
 * What a call gives for a file or folder that may be missing.
 * @returns undefined where it is missing; every other error stays one
 * @example const text = await ifPresent(readFile(path, "utf8"));
 */
export async function ifPresent<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
}

/** See ifPresent. @example const text = ifPresentSync(() => readFileSync(path, "utf8")); */
export function ifPresentSync<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

export interface WriteOptions {
  /** Under any umask; by default what the umask leaves of 666. */
  readonly mode?: number;
  /** True: it is on disk when this returns, and whole after a power cut too. */
  readonly durable?: boolean;
}

/**
 * Writes a file all at once: whoever reads it finds the content before or this one, whatever kills this process. Its folder has to be there.
 * Of two writers at once the last one's content stays.
 */
export async function writeWhole(file: string, content: string | Uint8Array, { mode, durable = false }: WriteOptions = {}): Promise<void> {
  await writeByDraft(file, async (draft) => {
    // Nobody whom the mode keeps out may open it before it has that mode.
    await writeFile(draft, content, mode === undefined ? {} : { mode });
    if (mode !== undefined) await chmod(draft, mode);
    if (durable) await sync(draft);
  });
  if (durable) await sync(dirname(file));
}

/**
 * Makes a file whole or not at all: `fill` writes it under another name beside its place, which it then takes. Where `fill` fails, the file
 * stays as it was. What killed processes left goes away.
 */
export async function writeByDraft(file: string, fill: (draft: string) => Promise<void>): Promise<void> {
  const [folder, prefix] = [dirname(file), `.${basename(file)}.new-`];
  await removeDrafts(folder, prefix);
  const draft = join(folder, draftName(prefix));
  try {
    await fill(draft);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** A name that says whose it is: another process can tell whether it is still being written. */
export function draftName(prefix: string): string {
  return `${prefix}${process.pid}-${randomBytes(4).toString("hex")}`;
}

/** Removes the files and folders with a name of draftName that belong to processes which have ended. */
export async function removeDrafts(folder: string, prefix: string): Promise<void> {
  const names = (await ifPresent(readdir(folder))) ?? [];
  for (const name of names) {
    const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN;
    if (pid > 0 && !isAlive(pid)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Waits until a file's content, or a folder's list of names, is on disk. */
export async function sync(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
