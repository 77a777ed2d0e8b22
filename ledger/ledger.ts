import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { StatementDigests } from "./digest/statement-digest.ts";
import { newId } from "./ids.ts";
import { type Block, chainProblem, readJournalBlock } from "./journal/block.ts";
import { firstRecord, Journal } from "./journal/journal.ts";
import { Offsets } from "./journal/offsets.ts";
import type { RecordLock } from "./journal/record-lock.ts";
import { JournalError } from "./journal/records.ts";
import { withoutData } from "./journal/redaction.ts";
import type { Redaction } from "./journal/redaction-value.ts";
import { finishRewrite } from "./journal/rewrite.ts";
import { StatementCache } from "./partiql/execute.ts";
import { capture } from "./snapshot/capture.ts";
import { readSnapshot } from "./snapshot/file.ts";
import { Snapshots } from "./snapshot/snapshots.ts";
import { Store } from "./store/store.ts";
import { Committer } from "./transaction/commit.ts";
import { Transaction } from "./transaction/transaction.ts";

/** What the world outside gives a ledger; tests give their own. */
export interface Surroundings {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: (message: string) => void;
  /** Told that the disk failed: nothing more can be acknowledged. */
  readonly onFailure: (error: Error) => void;
}

/** What a ledger's folder gives. */
interface Opened {
  readonly store: Store;
  readonly journal: Journal;
  readonly offsets: Offsets;
  readonly lastCommit: number;
  /** Where the journal goes on behind the snapshot that was used; its beginning where there was none. */
  readonly journalEnd: number;
}

/** One ledger: its tables, its journal, its transactions. */
export class Ledger {
  readonly store: Store;
  readonly statements = new StatementCache();
  readonly digests = new StatementDigests();
  private readonly journal: Journal;
  private readonly committer: Committer;
  private readonly offsets: Offsets;
  private readonly snapshots: Snapshots;
  private readonly surroundings: Surroundings;
  private lastCommit: number;
  private isClosed = false;

  private constructor(folder: string, { store, journal, offsets, lastCommit, journalEnd }: Opened, surroundings: Surroundings) {
    this.store = store;
    this.journal = journal;
    this.offsets = offsets;
    this.lastCommit = lastCommit;
    this.surroundings = surroundings;
    this.committer = new Committer(store, journal, offsets);
    this.snapshots = new Snapshots({
      path: snapshotPath(folder),
      journalEnd,
      capture: () => capture(store, offsets, journal.end, this.lastCommit),
      flushed: () => journal.flushed(),
      log: surroundings.log,
    });
  }

  /**
   * Opens a ledger's folder, making it where it is new: takes the state from the snapshot, and from the journal what came after it.
   * @throws JournalError where snapshot or journal are damaged, naming the place
   */
  static async open(folder: string, strandId: string, surroundings: Surroundings): Promise<Ledger> {
    await mkdir(folder, { recursive: true });
    const offsets = new Offsets();
    const snapshot = await readSnapshot(snapshotPath(folder), strandId, offsets);
    const { store, lastCommit, journalEnd } = snapshot ?? { store: new Store(strandId), lastCommit: 0, journalEnd: firstRecord };
    const known = store.sequenceNo;
    let latest = lastCommit;
    const path = join(folder, "journal");
    await finishRewrite(path);
    // A snapshot is taken only when everything before it is erased: what follows it may be left.
    const redactions: Redaction[] = [];
    const journal = await Journal.open(
      path,
      (content, offset) => {
        const block = readJournalBlock(content);
        const problem = chainProblem(block, { sequenceNo: store.sequenceNo + 1, previousBlockHash: store.lastBlockHash });
        if (problem !== undefined) throw new Error(problem);
        store.apply(block);
        offsets.push(offset);
        redactions.push(...block.redactions);
        latest = block.timestamp;
      },
      surroundings.log,
      surroundings.onFailure,
      journalEnd,
    );
    const ledger = new Ledger(folder, { store, journal, offsets, lastCommit: latest, journalEnd }, surroundings);
    await ledger.checkJoint(path, known);
    for (const redaction of redactions) await ledger.erase(redaction);
    if (snapshot !== undefined) surroundings.log(`${path}: ${known + 1} blocks from the snapshot, ${store.sequenceNo - known} replayed`);
    return ledger;
  }

  begin(): Transaction {
    const transaction = new Transaction(newId(), this.surroundings.now(), this.store.sequenceNo);
    this.committer.opened(transaction);
    return transaction;
  }

  /** The transaction ends without a trace. */
  abandon(transaction: Transaction): void {
    this.committer.closed(transaction);
  }

  /** @throws LedgerError OccConflictException. The transaction is over either way. */
  async commit(transaction: Transaction): Promise<void> {
    const { redaction } = transaction;
    if (redaction === undefined) await this.append(transaction);
    else {
      await this.snapshots.without(async () => {
        await this.append(transaction);
        await this.erase(redaction);
      });
    }
    this.snapshots.committed(this.journal.end, this.store.revisions.heap.size);
  }

  private async append(transaction: Transaction): Promise<void> {
    // Time in a journal never runs backwards, whatever the clock does.
    this.lastCommit = Math.max(this.lastCommit, this.surroundings.now());
    const committed = this.committer.commit(transaction, this.lastCommit);
    this.committer.closed(transaction);
    await committed;
  }

  /** Erases a revision's data from the journal, unless that is done. */
  private async erase({ address, documentId }: Redaction): Promise<void> {
    const offset = this.offsets.at(address.sequenceNo);
    if (offset === undefined) return;
    const record = await this.journal.read(offset);
    const content = withoutData(readJournalBlock(record), documentId, record.length);
    if (content !== undefined) await this.journal.rewrite(offset, content);
  }

  /** @returns undefined where there is no such block */
  async block(sequenceNo: number): Promise<Block | undefined> {
    const offset = this.offsets.at(sequenceNo);
    return offset === undefined ? undefined : readJournalBlock(await this.journal.read(offset));
  }

  /** Its journal so far, for those who verify it: they keep the lock while they read. */
  get journalFile(): { readonly path: string; readonly end: number; readonly lock: RecordLock } {
    return { path: this.journal.path, end: this.journal.end, lock: this.journal.lock };
  }

  /** Writes a snapshot, so that the next start need not replay what is in it. */
  snapshot(): Promise<void> {
    return this.snapshots.take();
  }

  /** Whether it takes no more transactions: its sessions are over. */
  get closed(): boolean {
    return this.isClosed;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.snapshots.close();
    await this.journal.close();
  }

  /** A snapshot belongs to the journal beside it where its last block is there. @throws JournalError */
  private async checkJoint(path: string, last: number): Promise<void> {
    const block = await this.block(last);
    if (block !== undefined && !block.blockHash.equals(this.store.blocks.leaf(last))) {
      throw new JournalError(path, this.offsets.at(last) ?? 0, `block ${last} is not the one that the snapshot beside it knows`);
    }
  }
}

function snapshotPath(folder: string): string {
  return join(folder, "snapshot");
}
