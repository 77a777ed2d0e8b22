import { createReadStream } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { isDiskFull } from "../disk-full.ts";
import { syncFolder } from "../sync-folder.ts";
import { replaceOnDisk } from "../whole-file.ts";
import { readJournalBlock } from "./block.ts";
import { type Header, type JournalOwner, journalHeader, journalWayOut, readHeader } from "./header.ts";
import { headSize, JournalError, readRecord } from "./records.ts";
import { finishRewrite } from "./rewrite.ts";

/**
 * Sees that a journal is there and that it is the ledger's own, and finishes what a crash has cut off. One of the former version, whose
 * header does not tell whose it is, is copied behind a header that does.
 * @param snapshot its path: what it says of the journal is no longer true of a copy, so it goes
 * @throws JournalError naming what is missing and the way out
 */
export async function takeOverJournal(path: string, owner: JournalOwner, snapshot: string, log: (message: string) => void): Promise<void> {
  const file = await openJournal(path);
  try {
    const header = await readHeader(file, path);
    const strandId = await strandOf(file, path, header);
    if (strandId !== undefined && strandId !== owner.strandId) throw foreign(path, strandId, owner.strandId);
    await finishRewrite(path);
    if (header.owner !== undefined) return;
    await copyBehind(journalHeader(owner, header.rules), path, header.first, snapshot);
    log(`${path}: now says in its header that it belongs to ledger ${owner.ledger}`);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    // It can be used as it is; the next start tries again.
    log(`${path}: keeps its former header: ${error.message}`);
  } finally {
    await file.close();
  }
}

/** @throws JournalError where it is missing */
export async function openJournal(path: string): Promise<FileHandle> {
  return await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT" ? new JournalError(path, undefined, `the journal is missing; ${journalWayOut(path)}`) : error;
  });
}

/** Which strand a journal says it is of: in its header, or in its first block. @returns undefined where it says nothing yet */
export async function strandOf(file: FileHandle, path: string, { first, owner }: Header): Promise<string | undefined> {
  if (owner !== undefined) return owner.strandId;
  if ((await file.stat()).size < first + headSize) return undefined;
  try {
    return readJournalBlock(await readRecord(file, path, first)).address.strandId;
  } catch {
    // A damaged first block is told of when the journal is read.
    return undefined;
  }
}

export function foreign(path: string, found: string, wanted: string): JournalError {
  return new JournalError(path, 0, `it is the journal of strand ${found}; ledger.json says ${wanted}; ${journalWayOut(path)}`);
}

/** Whenever a crash comes, the old journal or the whole new one is there, and no snapshot that belongs to the other. */
async function copyBehind(header: Buffer, path: string, first: number, snapshot: string): Promise<void> {
  await replaceOnDisk(path, async (file) => {
    await file.writeFile(header);
    await file.writeFile(createReadStream(path, { start: first }));
    await rm(snapshot, { force: true });
    await syncFolder(dirname(path));
  });
}
