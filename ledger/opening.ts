import { rename } from "node:fs/promises";
import type { LedgerDescription } from "./description.ts";
import { chainProblem, readJournalBlock } from "./journal/block.ts";
import { journalWayOut } from "./journal/header.ts";
import { Journal } from "./journal/journal.ts";
import { Offsets } from "./journal/offsets.ts";
import { JournalError } from "./journal/records.ts";
import type { Redaction } from "./journal/redaction-value.ts";
import { takeOverJournal } from "./journal/upgrade.ts";
import { journalPath, snapshotPath } from "./ledger-folder.ts";
import type { Loaded } from "./snapshot/capture.ts";
import { damagedPath, readSnapshot } from "./snapshot/file.ts";
import { Store } from "./store/store.ts";
import type { LedgerSurroundings } from "./surroundings.ts";

/** What a ledger's folder gives. */
export interface Opened {
  readonly store: Store;
  readonly journal: Journal;
  readonly offsets: Offsets;
  /** Time of the last block, milliseconds since 1970. */
  readonly lastCommit: number;
  /** Where the journal goes on behind the snapshot that was used; 0 where there was none. */
  readonly journalEnd: number;
  /** What may still have to be erased: a snapshot is taken only when everything before it is erased. */
  readonly redactions: readonly Redaction[];
}

/**
 * Reads a ledger's folder: the snapshot, and what the journal has after it.
 * @throws JournalError where the journal is damaged, lacks something, or is not this ledger's, naming the place and the way out
 */
export async function openFolder(folder: string, description: LedgerDescription, surroundings: LedgerSurroundings): Promise<Opened> {
  const { name, strandId, leastBlocks = 0 } = description;
  const { log, onFailure } = surroundings;
  const path = journalPath(folder);
  await takeOverJournal(path, { strandId, ledger: name }, snapshotPath(folder), log);
  const { snapshot, offsets } = await soundSnapshot(snapshotPath(folder), strandId, log);
  const { store, lastCommit } = snapshot ?? { store: new Store(strandId), lastCommit: 0 };
  const known = store.sequenceNo;
  let latest = lastCommit;
  const redactions: Redaction[] = [];
  const refuseLoss = () => {
    const blocks = store.sequenceNo + 1;
    if (blocks < leastBlocks)
      throw new JournalError(path, undefined, `it has ${blocks} blocks, but ${leastBlocks} were committed; ${journalWayOut(path)}`);
  };
  const journal = await Journal.open(path, {
    onRecord: (content, offset) => {
      const block = readJournalBlock(content);
      const problem = chainProblem(block, { strandId, sequenceNo: store.sequenceNo + 1, previousBlockHash: store.lastBlockHash });
      if (problem !== undefined) throw new Error(problem);
      store.apply(block);
      offsets.push(offset);
      redactions.push(...block.redactions);
      latest = block.timestamp;
    },
    onTorn: (message) => {
      refuseLoss();
      log(message);
    },
    ...{ log, onFailure },
    ...(snapshot && { from: snapshot.journalEnd }),
  });
  try {
    refuseLoss();
    await checkJoint(journal, store, offsets, known);
  } catch (error) {
    await journal.close();
    throw error;
  }
  if (snapshot !== undefined) log(`${path}: ${known + 1} blocks from the snapshot, ${store.sequenceNo - known} replayed`);
  return { store, journal, offsets, lastCommit: latest, journalEnd: snapshot?.journalEnd ?? 0, redactions };
}

/** A snapshot saves time and nothing else: a damaged one is put aside, and the whole journal read. */
async function soundSnapshot(
  path: string,
  strandId: string,
  log: (message: string) => void,
): Promise<{ readonly snapshot: Loaded | undefined; readonly offsets: Offsets }> {
  const offsets = new Offsets();
  try {
    return { snapshot: await readSnapshot(path, strandId, offsets), offsets };
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    await rename(path, damagedPath(path));
    log(`${error.message}; it is now ${damagedPath(path)}`);
    return { snapshot: undefined, offsets: new Offsets() };
  }
}

/** A snapshot belongs to the journal beside it where its last block is there. @throws JournalError */
async function checkJoint(journal: Journal, store: Store, offsets: Offsets, last: number): Promise<void> {
  const offset = offsets.at(last);
  if (offset === undefined) return;
  const block = readJournalBlock(await journal.read(offset));
  if (!block.blockHash.equals(store.blocks.leaf(last)))
    throw new JournalError(journal.path, offset, `block ${last} is not the one that the snapshot beside it knows`);
}
