import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorCode } from "./errors.ts";
import { draftName, ifPresent, removeDrafts, sync } from "./files.ts";

/** What the names of folders begin with that are being made. */
const stagePrefix = ".new-";

/**
 * Makes a folder whole or not at all, whatever kills this process or the machine: it is on disk before it takes its place. See putFolder.
 */
export async function installFolder(folder: string, fill: (stage: string) => Promise<void>): Promise<void> {
  await putFolder(folder, async (stage) => {
    await fill(stage);
    await syncTree(stage);
  });
  await sync(dirname(folder));
}

/**
 * Makes a folder whole or not at all, whatever kills this process: `fill` works in a folder beside it, which then takes its place. After a
 * power cut it may be damaged, until bringToDisk has returned.
 * @param folder where it belongs; what is there is replaced. Of two processes at once the first one's stays.
 */
export async function putFolder(folder: string, fill: (stage: string) => Promise<void>): Promise<void> {
  await withStage(dirname(folder), async (stage) => {
    await fill(stage);
    await replaceFolder(stage, folder);
  });
}

/** Waits until a folder with all that is in it is on disk: at once, where it is already. */
export async function bringToDisk(folder: string): Promise<void> {
  await syncTree(folder);
  await sync(dirname(folder));
}

/** Works in a new folder that goes away afterwards; those of processes that were killed go away too. @param parent is made */
export async function withStage<T>(parent: string, work: (stage: string) => Promise<T>): Promise<T> {
  await mkdir(parent, { recursive: true });
  await removeStages(parent);
  const stage = join(parent, draftName(stagePrefix));
  await mkdir(stage);
  try {
    return await work(stage);
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** Removes what processes that were killed half-way left in a folder. */
export async function removeStages(parent: string): Promise<void> {
  await removeDrafts(parent, stagePrefix);
}

/**
 * Puts a folder where another one may be. rename(2) replaces no folder with something in it: the old one moves away first, under a name that
 * is a leftover if this process is killed.
 * @param from its content is complete; its name is not that of the place
 * @returns false where another process has put one there meanwhile, which stays
 */
export async function replaceFolder(from: string, to: string): Promise<boolean> {
  const old = join(dirname(from), draftName(stagePrefix));
  await ifPresent(rename(to, old));
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (["ENOTEMPTY", "EEXIST"].includes(errorCode(error) ?? "")) return false;
    await ifPresent(rename(old, to));
    throw error;
  } finally {
    await rm(old, { recursive: true, force: true });
  }
}

async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await syncTree(join(folder, entry.name));
    else if (entry.isFile()) await sync(join(folder, entry.name));
  }
  await sync(folder);
}
