import { lstat, mkdir, open, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DescriptionFile, descriptionPath, type LedgerDescription, ledgerNameProblem } from "./description.ts";
import { createJournal, headerSize, readHeader } from "./journal/header.ts";
import { JournalError } from "./journal/records.ts";
import { strandOf } from "./journal/upgrade.ts";
import { syncFolder } from "./sync-folder.ts";

export function journalPath(folder: string): string {
  return join(folder, "journal");
}

export function snapshotPath(folder: string): string {
  return join(folder, "snapshot");
}

/** What a description is called once its ledger is to go. */
function deletedPath(folder: string): string {
  return `${descriptionPath(folder)}.deleted`;
}

/**
 * Looks for a ledger in a data folder.
 * @returns undefined where nothing of that name is one: a folder of somebody else, one whose making a crash has cut off, or that is deleted
 * @throws JournalError where a ledger has lost its description, naming the way out; Error where it is damaged
 */
export async function findLedger(folder: string, name: string): Promise<DescriptionFile | undefined> {
  if (ledgerNameProblem(name) !== undefined) return undefined;
  const path = join(folder, name);
  const file = await DescriptionFile.read(path);
  if (file === undefined && !(await isDeleted(path))) await refuseOrphan(path, name);
  return file;
}

/**
 * Makes a ledger's folder. The description comes last: a crash before leaves what the next attempt makes anew, and where a description is
 * there, a journal has to be there, too.
 * @throws JournalError where a journal is there already
 */
export async function createLedgerFolder(folder: string, description: LedgerDescription): Promise<DescriptionFile> {
  const { name, strandId } = description;
  const path = join(folder, name);
  await finishDeletion(path);
  await mkdir(path, { recursive: true });
  await refuseOrphan(path, name);
  await createJournal(journalPath(path), { strandId, ledger: name });
  await syncFolder(folder);
  return await DescriptionFile.create(path, description);
}

/** Marks a ledger as deleted, which takes no room on a full disk, and removes it. */
export async function deleteLedgerFolder(path: string): Promise<void> {
  await rename(descriptionPath(path), deletedPath(path));
  await syncFolder(path);
  await finishDeletion(path);
}

/** Goes on with a deletion that a crash has cut off; what was not deleted is left alone. The mark goes last. */
export async function finishDeletion(path: string): Promise<void> {
  if (!(await isDeleted(path))) return;
  const mark = deletedPath(path);
  for (const entry of await readdir(path)) if (join(path, entry) !== mark) await rm(join(path, entry), { recursive: true, force: true });
  await syncFolder(path);
  await rm(mark);
  await rmdir(path);
  await syncFolder(dirname(path));
}

/** What is to take a ledger's place, while it is made; no ledger can have that name. */
export function nextPath(folder: string, name: string): string {
  return join(folder, `${name}.next`);
}

const replacingSuffix = ".replacing";

/** Makes a folder beside a ledger's, for an empty one that is to take its place. What a crash left of another is removed. */
export async function createNextFolder(folder: string, description: LedgerDescription): Promise<DescriptionFile> {
  const { name, strandId } = description;
  const path = nextPath(folder, name);
  await rm(path, { recursive: true, force: true });
  await mkdir(path);
  await createJournal(journalPath(path), { strandId, ledger: name });
  return await DescriptionFile.create(path, description);
}

/** Puts what was made beside a ledger, which nobody has open, in its place. A crash leaves the old one, or what `finishReplacements` goes on with. */
export async function replaceLedgerFolder(folder: string, name: string): Promise<void> {
  await syncFolder(nextPath(folder, name));
  await rename(nextPath(folder, name), join(folder, name + replacingSuffix));
  await syncFolder(folder);
  await finishReplacements(folder);
}

/** Goes on with replacements that a crash has cut off. */
export async function finishReplacements(folder: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    const name = entry.slice(0, -replacingSuffix.length);
    if (!entry.endsWith(replacingSuffix) || ledgerNameProblem(name) !== undefined) continue;
    await rm(join(folder, name), { recursive: true, force: true });
    await rename(join(folder, entry), join(folder, name));
    await syncFolder(folder);
  }
}

async function isDeleted(path: string): Promise<boolean> {
  return (await exists(deletedPath(path))) && !(await exists(descriptionPath(path)));
}

async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return false;
      throw error;
    },
  );
}

/** @throws JournalError where a folder without a description holds what was committed */
async function refuseOrphan(path: string, name: string): Promise<void> {
  const description = descriptionPath(path);
  const journal = (await begins(journalPath(path), "nitro-ledger-journal-")) ? await recordsIn(journalPath(path)) : undefined;
  if (journal !== undefined) {
    const { strandId } = journal;
    const anew = strandId === undefined ? "" : `, or make it anew: echo '${JSON.stringify({ name, strandId })}' > '${description}'`;
    throw new JournalError(description, undefined, `it is missing, but the journal beside it holds blocks; put it back from a copy${anew}`);
  }
  if (await begins(snapshotPath(path), "nitro-ledger-snapshot-")) {
    throw new JournalError(description, undefined, "it is missing, and so is the journal; a snapshot is left: put both back from a copy");
  }
}

/** Whether there is a file that begins with a text. */
async function begins(path: string, text: string): Promise<boolean> {
  if ((await lstat(path).catch(() => undefined))?.isFile() !== true) return false;
  const file = await open(path, "r");
  try {
    const bytes = Buffer.alloc(text.length);
    await file.read(bytes, 0, bytes.length, 0);
    return bytes.toString("latin1") === text;
  } finally {
    await file.close();
  }
}

/** @returns undefined for a journal without records; no strand where it is damaged there */
async function recordsIn(path: string): Promise<{ readonly strandId: string | undefined } | undefined> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const header = await readHeader(file, path).catch((error: unknown) => {
      if (error instanceof JournalError) return undefined;
      throw error;
    });
    if (header === undefined) return size > headerSize ? { strandId: undefined } : undefined;
    return size === header.first ? undefined : { strandId: await strandOf(file, path, header) };
  } finally {
    await file.close();
  }
}
