import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { journalWayOut } from "../journal/header.ts";
import { Offsets } from "../journal/offsets.ts";
import { JournalError } from "../journal/records.ts";
import { findLedger, journalPath, snapshotPath } from "../ledger-folder.ts";
import { readSnapshot } from "../snapshot/file.ts";
import { type Verified, verifyJournal } from "./verify-journal.ts";

/** A ledger that was found sound. */
export interface VerifiedLedger extends Verified {
  readonly name: string;
  /** Blocks that its snapshot holds; undefined where there is none. */
  readonly snapshotBlocks: number | undefined;
}

/**
 * Verifies all ledgers of a data folder: journals whole, snapshots by their checksums and against the journal. It only reads, whether a
 * server uses the folder or not.
 * @param onProgress told now and then how far it is
 * @throws JournalError naming file, offset and what is wrong
 */
export async function verifyFolder(folder: string, onProgress?: (name: string, blocks: number) => void): Promise<VerifiedLedger[]> {
  const sound: VerifiedLedger[] = [];
  for (const name of (await readdir(folder)).sort()) {
    // What was counted first, then the snapshot: what is committed meanwhile is in the journal only.
    const description = (await findLedger(folder, name))?.description;
    if (description === undefined) continue;
    const { strandId, leastBlocks = 0 } = description;
    const path = journalPath(join(folder, name));
    const snapshot = await readSnapshot(snapshotPath(join(folder, name)), strandId, new Offsets());
    const verified = await verifyJournal(path, { strandId, onProgress: (blocks) => onProgress?.(name, blocks) });
    const snapshotBlocks = snapshot && snapshot.store.sequenceNo + 1;
    if (snapshotBlocks !== undefined && snapshotBlocks > verified.blocks) {
      throw new JournalError(path, 0, `it has ${verified.blocks} blocks, but the snapshot beside it knows ${snapshotBlocks}`);
    }
    if (leastBlocks > verified.blocks) {
      const what = `it has ${verified.blocks} blocks, but ${leastBlocks} were committed; ${journalWayOut(path)}`;
      throw new JournalError(path, undefined, what);
    }
    sound.push({ ...verified, name, snapshotBlocks });
  }
  return sound;
}
