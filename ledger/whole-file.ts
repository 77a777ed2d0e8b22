import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "./sync-folder.ts";

/**
 * Puts a file in place once all of it is on disk: a crash leaves the old one or the new one. Its folder has to be there; one writer a file.
 * @param write its content; false gives it up, and the old file stays
 * @returns false where it was given up
 */
export async function replaceOnDisk(path: string, write: (file: FileHandle) => Promise<unknown>): Promise<boolean> {
  const draft = `${path}.new`;
  const file = await open(draft, "w", 0o600);
  try {
    if ((await write(file)) === false) return false;
    await file.sync();
    await rename(draft, path);
    await syncFolder(dirname(path));
    return true;
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
}

/** What a call gives for a file that may be missing. @returns undefined where it is missing; every other error stays one */
export async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}
