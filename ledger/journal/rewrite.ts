import { open, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../sync-folder.ts";
import { unlessMissing } from "../whole-file.ts";
import type { RecordLock } from "./record-lock.ts";
import { frame, headSize, JournalError, recordIn } from "./records.ts";

const offsetSize = 8;

function redoPath(journal: string): string {
  return `${journal}.redo`;
}

/**
 * Replaces the content of one record by another of the same length. What is to be written is on disk in a file of its own before the
 * journal is touched, so that a crash leaves the old record or the new one.
 * @param journal its path
 * @param lock kept while the journal is written to
 */
export async function rewriteRecord(journal: string, offset: number, content: Buffer, lock: RecordLock): Promise<void> {
  const place = Buffer.alloc(offsetSize);
  place.writeBigUInt64BE(BigInt(offset));
  const draft = await open(redoPath(journal), "w", 0o600);
  try {
    await draft.writeFile(frame(Buffer.concat([place, content])));
    await draft.sync();
  } finally {
    await draft.close();
  }
  await syncFolder(dirname(journal));
  await overwrite(journal, offset, content, lock);
}

/** Sees whether a replacement of so many bytes could be written down. @throws the system's error where the disk is full */
export async function checkRoom(journal: string, length: number): Promise<void> {
  const path = `${redoPath(journal)}.room`;
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(Buffer.alloc(headSize + offsetSize + length));
    await file.sync();
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}

/** Carries out a replacement that a crash has cut off; one that was not yet written down whole never began. */
export async function finishRewrite(journal: string): Promise<void> {
  const bytes = await unlessMissing(readFile(redoPath(journal)));
  if (bytes === undefined) return;
  const record = recordIn(bytes);
  if (record === undefined) await rm(redoPath(journal));
  else await overwrite(journal, Number(record.readBigUInt64BE(0)), record.subarray(offsetSize));
}

async function overwrite(journal: string, offset: number, content: Buffer, lock?: RecordLock): Promise<void> {
  const file = await open(journal, "r+");
  try {
    const head = Buffer.alloc(headSize);
    await file.read(head, 0, headSize, offset);
    if (head.readUInt32BE(0) !== content.length) {
      throw new JournalError(journal, offset, `a record of ${head.readUInt32BE(0)} bytes cannot be replaced by one of ${content.length}`);
    }
    const write = () => file.write(frame(content), 0, headSize + content.length, offset);
    await (lock === undefined ? write() : lock.during(write));
    await file.datasync();
  } finally {
    await file.close();
  }
  await rm(redoPath(journal), { force: true });
  await syncFolder(dirname(journal));
}
