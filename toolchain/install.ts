import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorCode } from "../common/errors.ts";
import { isAlive } from "../common/process-tree.ts";

/**
 * Makes a folder whole or not at all: `fill` works in a folder beside it, which then takes its place.
 * @param folder where it belongs; what is there is replaced
 */
export async function installFolder(folder: string, fill: (stage: string) => Promise<void>): Promise<void> {
  await withStage(dirname(folder), basename(folder), async (stage) => {
    await fill(stage);
    await replace(stage, folder);
  });
}

/** Works in a folder that goes away afterwards; those of processes that were killed go away too. */
export async function withStage<T>(parent: string, name: string, work: (stage: string) => Promise<T>): Promise<T> {
  await mkdir(parent, { recursive: true });
  await removeLeftovers(parent);
  const stage = join(parent, `${stagePrefix}${process.pid}-${name}`);
  await rm(stage, { recursive: true, force: true });
  await mkdir(stage);
  try {
    return await work(stage);
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

const stagePrefix = ".new-";

async function removeLeftovers(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = name.startsWith(stagePrefix) ? Number.parseInt(name.slice(stagePrefix.length), 10) : undefined;
    if (pid !== undefined && !isAlive(pid)) await rm(join(parent, name), { recursive: true, force: true });
  }
}

/** rename(2) replaces no folder with something in it: the old one moves away first, under a name that is a leftover if we are killed. */
async function replace(stage: string, folder: string): Promise<void> {
  const old = `${stage}.old`;
  if (existsSync(folder)) await rename(folder, old);
  try {
    await rename(stage, folder);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST"].includes(errorCode(error) ?? "")) throw error;
  } finally {
    await rm(old, { recursive: true, force: true });
  }
}
