import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../sync-folder.ts";
import { type BlockRules, presentRules } from "./block-rules.ts";
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
  /** By which its first block is made; later ones may be made by later rules, which they name themselves. */
  readonly rules: BlockRules;
}

const formerMagic = Buffer.from("nitro-ledger-journal-1\n", "latin1");
/** A single flipped bit makes none of these another one: 3 would be one bit away from 1 and from 2. */
const magics: Readonly<Record<BlockRules, Buffer>> = {
  1: Buffer.from("nitro-ledger-journal-2\n", "latin1"),
  2: Buffer.from("nitro-ledger-journal-4\n", "latin1"),
};
const magicLength = formerMagic.length;
/** The header fills so many bytes, whatever the names in it. */
export const headerSize = 256;

/** The first line tells the rules. After it a record as all others: the owner as JSON, filled up with blanks. */
export function journalHeader(owner: JournalOwner, rules: BlockRules = presentRules): Buffer {
  const room = headerSize - magicLength - headSize;
  const content = Buffer.from(JSON.stringify(headerContent(owner, rules)).padEnd(room - 1), "utf8");
  return Buffer.concat([magics[rules], frame(Buffer.concat([content, Buffer.from("\n")]))]);
}

interface HeaderContent extends JournalOwner {
  /** Left out of the first version. */
  readonly rules?: BlockRules;
}

function headerContent({ strandId, ledger }: JournalOwner, rules: BlockRules): HeaderContent {
  return rules === 1 ? { strandId, ledger } : { strandId, ledger, rules };
}

/** What to do where a journal is gone, wholly or in part. */
export function journalWayOut(path: string): string {
  return `put it back from a copy; to give up what it held, remove the folder ${dirname(path)}: the ledger is then made anew`;
}

/** @throws JournalError where the file is no journal, or not a whole one */
export async function readHeader(file: FileHandle, path: string): Promise<Header> {
  const bytes = Buffer.alloc(headerSize);
  const { bytesRead } = await file.read(bytes, 0, headerSize, 0);
  const line = bytes.subarray(0, magicLength);
  if (line.equals(formerMagic)) return { first: magicLength, owner: undefined, rules: 1 };
  if (bytesRead < headerSize && isBegun(bytes.subarray(0, bytesRead))) {
    const what = bytesRead === 0 ? "it is empty" : `the file ends at ${bytesRead}, inside its header`;
    throw new JournalError(path, bytesRead, `${what}; ${journalWayOut(path)}`);
  }
  const rules = ([1, 2] as const).find((each) => line.equals(magics[each]));
  if (rules === undefined) throw new JournalError(path, 0, "this is not a ledger's journal of this version");
  const record = recordIn(bytes.subarray(magicLength));
  const content = record && (JSON.parse(record.toString("utf8")) as HeaderContent);
  // The record has a checksum, the first line has none.
  if (content === undefined || (content.rules ?? 1) !== rules)
    throw new JournalError(path, 0, "the journal's header is damaged; put it back from a copy");
  const { strandId, ledger } = content;
  return { first: headerSize, owner: { strandId, ledger }, rules };
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
  const line = bytes.subarray(0, magicLength);
  return bytes.every((byte) => byte === 0) || Object.values(magics).some((magic) => line.equals(magic.subarray(0, line.length)));
}
