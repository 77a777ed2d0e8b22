import { BinaryHasher } from "../ion/binary-hash.ts";
import { type BlockBefore, blockProblem, readJournalBlock } from "../journal/block.ts";
import type { BlockRules } from "../journal/block-rules.ts";
import { readHeader } from "../journal/header.ts";
import type { RecordLock } from "../journal/record-lock.ts";
import { JournalError, scanRecords } from "../journal/records.ts";
import { foreign, openJournal, strandOf } from "../journal/upgrade.ts";
import { revisionHash } from "../store/revision.ts";
import { soundPlainRecord, type VerifiedBlock } from "./plain-record.ts";

/** What was found sound. */
export interface Verified {
  readonly blocks: number;
  readonly revisions: number;
  /** Hash of the last block; no bytes where there is none. */
  readonly lastBlockHash: Buffer;
  /** Bytes at the end that are no whole record: a commit that is being written, or was never answered. */
  readonly torn: number;
}

export interface VerifyOptions {
  /** Of the ledger whose journal it has to be; by default any, if one for all blocks. */
  readonly strandId?: string;
  /** Up to which offset; by default to the end. */
  readonly end?: number;
  /** Needed where the ledger may erase something meanwhile: it then holds the lock. */
  readonly lock?: RecordLock;
  /** Told now and then how many blocks were sound so far. */
  readonly onProgress?: (blocks: number) => void;
}

const blocksBetweenLooks = 1000;

/**
 * Verifies a journal from its beginning: every checksum, every block's number, hash and link to the one before, and every revision's data
 * against its hash. It only reads, and may do so while a ledger appends.
 * @throws JournalError naming file, offset and what is wrong
 */
export async function verifyJournal(path: string, { strandId, end, lock, onProgress }: VerifyOptions = {}): Promise<Verified> {
  const file = await openJournal(path);
  try {
    const header = await readHeader(file, path);
    const own = await strandOf(file, path, header);
    if (strandId !== undefined && own !== undefined && own !== strandId) throw foreign(path, own, strandId);
    let blocks = 0;
    let revisions = 0;
    let previousBlockHash: Buffer = Buffer.alloc(0);
    const size = end ?? (await file.stat()).size;
    const hasher = new BinaryHasher();
    const verify = (content: Buffer): void => {
      const before = { strandId: own ?? "", sequenceNo: blocks, previousBlockHash };
      const block = soundPlainRecord(content, hasher, before) ?? soundMadeBlock(content, before, header.rules);
      previousBlockHash = block.blockHash;
      revisions += block.revisions;
      if (++blocks % blocksBetweenLooks === 0) onProgress?.(blocks);
    };
    const sound = await scanRecords(file, path, header.first, size, verify, lock);
    // Up to an offset that the ledger knows everything was answered.
    if (end !== undefined && sound < end)
      throw new JournalError(path, sound, `a record is cut off, but blocks up to offset ${end} were committed`);
    return { blocks, revisions, lastBlockHash: previousBlockHash, torn: size - sound };
  } finally {
    await file.close();
  }
}

/**
 * Verifies a block however its record is written: it is made of it, and hashed as this ledger would write it.
 * @param leastRules which the block has to be made by, or by later ones
 * @throws Error that says what is wrong
 */
export function soundMadeBlock(content: Buffer, before: BlockBefore, leastRules: BlockRules): VerifiedBlock {
  const block = readJournalBlock(content);
  const problem = blockProblem(block, before);
  if (problem !== undefined) throw new Error(problem);
  const { rules } = block;
  if (rules < leastRules) throw new Error(`the block is made by rules ${rules}, the journal's are ${leastRules}`);
  const forged = block.revisions.find(({ hash, metadata, data, dataHash }) => !hash.equals(revisionHash(metadata, data, rules, dataHash)));
  if (forged === undefined) return { blockHash: block.blockHash, revisions: block.revisions.length };
  const { id, version } = forged.metadata;
  throw new Error(`the hash of document ${id}, version ${version}, does not fit its content`);
}
