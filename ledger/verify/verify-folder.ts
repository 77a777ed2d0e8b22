import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Offsets } from "../journal/offsets.ts";
import { JournalError } from "../journal/records.ts";
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
    const strandId = await strandOf(join(folder, name));
    if (strandId === undefined) continue;
    const path = join(folder, name, "journal");
    const offsets = new Offsets();
    // The snapshot first: what is committed meanwhile is in the journal only.
    const snapshot = await readSnapshot(join(folder, name, "snapshot"), strandId, offsets);
    const verified = await verifyJournal(path, { onProgress: (blocks) => onProgress?.(name, blocks) });
    const snapshotBlocks = snapshot && snapshot.store.sequenceNo + 1;
    if (snapshotBlocks !== undefined && snapshotBlocks > verified.blocks) {
      throw new JournalError(path, 0, `it has ${verified.blocks} blocks, but the snapshot beside it knows ${snapshotBlocks}`);
    }
    sound.push({ ...verified, name, snapshotBlocks });
  }
  return sound;
}

/** @returns undefined where the folder holds no ledger */
async function strandOf(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, "ledger.json"), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as { strandId: string }).strandId;
}
