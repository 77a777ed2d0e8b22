import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Files of one folder: name (may hold one level of folders) → content. */
export type FileSet = Readonly<Record<string, string>>;

const incoming = ".incoming-";

/**
 * Makes a folder with everything in it, or nothing: whatever kills this process or the machine, the folder is complete when it exists.
 * @param folder must not exist; its parent must
 * @param fileMode mode of the files; folders get 0700
 */
export async function writeFolderOnce(folder: string, files: FileSet, fileMode: number): Promise<void> {
  const parent = dirname(folder);
  const temporary = join(parent, `${incoming}${process.pid}`);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { mode: 0o700 });
  const folders = new Set([temporary]);
  for (const [name, content] of Object.entries(files)) {
    const path = join(temporary, name);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    folders.add(dirname(path));
    await writeSynced(path, content, fileMode);
  }
  for (const each of folders) await syncFolder(each);
  await rename(temporary, folder);
  await syncFolder(parent);
}

/** Removes what killed runs of writeFolderOnce and replaceFile left in a folder. */
export async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder);
  await Promise.all(
    names.filter((name) => name.startsWith(incoming)).map((name) => rm(join(folder, name), { recursive: true, force: true })),
  );
}

/** Writes a file so that a reader sees the old content or the new, never half of it. */
export async function replaceFile(path: string, content: string, mode: number): Promise<void> {
  const temporary = join(dirname(path), `${incoming}${process.pid}`);
  await rm(temporary, { force: true });
  await writeSynced(temporary, content, mode);
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** @returns undefined where there is no such file */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function writeSynced(path: string, content: string, mode: number): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(content);
    // The mode given to open is cut down by the umask.
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
