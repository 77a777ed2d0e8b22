import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../sync-folder.ts";
import { frame, headSize, JournalError, recordIn } from "./records.ts";

/** Which journal it is. */
export interface JournalOwner {
  readonly strandId: string;
  /** Name of the ledger, for people who find a journal without its folder. */
  readonly ledger: string;
}

export interface Header {
  /** Where the first record begins. */
  readonly first: number;
  /** Undefined in a journal of the former version, which does not say it. */
  readonly owner: JournalOwner | undefined;
}

const magic = Buffer.from("nitro-ledger-journal-2\n", "latin1");
const formerMagic = Buffer.from("nitro-ledger-journal-1\n", "latin1");
/** The header fills so many bytes, whatever the names in it. */
export const headerSize = 256;

/** After the first line a record as all others: the owner as JSON, filled up with blanks. */
export function journalHeader(owner: JournalOwner): Buffer {
  const room = headerSize - magic.length - headSize;
  const content = Buffer.from(JSON.stringify({ strandId: owner.strandId, ledger: owner.ledger }).padEnd(room - 1), "utf8");
  return Buffer.concat([magic, frame(Buffer.concat([content, Buffer.from("\n")]))]);
}

/** What to do where a journal is gone, wholly or in part. */
export function journalWayOut(path: string): string {
  return `put it back from a copy; to give up what it held, remove the folder ${dirname(path)}: the ledger is then made anew`;
}

/** @throws JournalError where the file is no journal, or not a whole one */
export async function readHeader(file: FileHandle, path: string): Promise<Header> {
  const bytes = Buffer.alloc(headerSize);
  const { bytesRead } = await file.read(bytes, 0, headerSize, 0);
  if (bytes.subarray(0, formerMagic.length).equals(formerMagic)) return { first: formerMagic.length, owner: undefined };
  if (bytesRead < headerSize && isBegun(bytes.subarray(0, bytesRead))) {
    const what = bytesRead === 0 ? "it is empty" : `the file ends at ${bytesRead}, inside its header`;
    throw new JournalError(path, bytesRead, `${what}; ${journalWayOut(path)}`);
  }
  if (!bytes.subarray(0, magic.length).equals(magic)) throw new JournalError(path, 0, "this is not a ledger's journal of this version");
  const content = recordIn(bytes.subarray(magic.length));
  if (content === undefined) throw new JournalError(path, 0, "the journal's header is damaged; put it back from a copy");
  return { first: headerSize, owner: JSON.parse(content.toString("utf8")) as JournalOwner };
}

/**
 * Makes a journal without records. One whose making a crash has cut off is made anew: it belongs to no ledger yet.
 * @throws JournalError where something else is there
 */
export async function createJournal(path: string, owner: JournalOwner): Promise<void> {
  const file = await open(path, "a+", 0o600);
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, headerSize));
    await file.read(bytes, 0, bytes.length, 0);
    if (size > headerSize || !isBegun(bytes)) throw new JournalError(path, 0, "a file is there already, and no ledger.json beside it");
    await file.truncate(0);
    await file.writeFile(journalHeader(owner));
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(dirname(path));
}

/** Whether a file's bytes are the beginning of a header, or were made room for and never written. */
function isBegun(bytes: Buffer): boolean {
  const line = bytes.subarray(0, magic.length);
  return bytes.every((byte) => byte === 0) || line.equals(magic.subarray(0, line.length));
}
