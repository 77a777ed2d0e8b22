import type { DescriptionFile } from "./description.ts";
import { StatementDigests } from "./digest/statement-digest.ts";
import { isDiskFull } from "./disk-full.ts";
import { newId } from "./ids.ts";
import { type Block, readJournalBlock } from "./journal/block.ts";
import type { Journal } from "./journal/journal.ts";
import type { Offsets } from "./journal/offsets.ts";
import type { RecordLock } from "./journal/record-lock.ts";
import { withoutData } from "./journal/redaction.ts";
import type { Redaction } from "./journal/redaction-value.ts";
import { snapshotPath } from "./ledger-folder.ts";
import { type Opened, openFolder } from "./opening.ts";
import type { Parsed } from "./partiql/ast.ts";
import { parseStatement, parseSteps } from "./partiql/parse-statement.ts";
import { Recent } from "./recent.ts";
import { capture } from "./snapshot/capture.ts";
import { Snapshots } from "./snapshot/snapshots.ts";
import type { Store } from "./store/store.ts";
import type { LedgerSurroundings } from "./surroundings.ts";
import { Committer } from "./transaction/commit.ts";
import { diskIsFull, LedgerError } from "./transaction/errors.ts";
import { CommitGate } from "./transaction/gate.ts";
import { Transaction } from "./transaction/transaction.ts";

/** One ledger: its tables, its journal, its transactions. */
export class Ledger {
  readonly store: Store;
  /** Parsed statements. Getting one throws what parsing it does. */
  readonly statements = new Recent<Parsed>(parseStatement);
  readonly digests = new StatementDigests();
  /** What commits have to pass. */
  readonly gate = new CommitGate();
  private readonly journal: Journal;
  private readonly committer: Committer;
  private readonly offsets: Offsets;
  private readonly snapshots: Snapshots;
  private readonly description: DescriptionFile;
  private readonly surroundings: LedgerSurroundings;
  private lastCommit: number;
  private isClosed = false;
  private marking: Promise<void> | undefined;

  private constructor(folder: string, opened: Opened, description: DescriptionFile, surroundings: LedgerSurroundings) {
    const { store, journal, offsets, lastCommit, journalEnd } = opened;
    this.store = store;
    this.journal = journal;
    this.offsets = offsets;
    this.lastCommit = lastCommit;
    this.description = description;
    this.surroundings = surroundings;
    this.committer = new Committer(store, journal, offsets);
    this.snapshots = new Snapshots({
      path: snapshotPath(folder),
      journalEnd,
      capture: () => capture(store, offsets, journal.end, this.lastCommit),
      log: surroundings.log,
    });
  }

  /**
   * Opens a ledger's folder: takes the state from the snapshot, and from the journal what came after it.
   * @throws JournalError where the journal is damaged, lacks something, or is not this ledger's, naming the place and the way out
   */
  static async open(folder: string, description: DescriptionFile, surroundings: LedgerSurroundings): Promise<Ledger> {
    const opened = await openFolder(folder, description.description, surroundings);
    const ledger = new Ledger(folder, opened, description, surroundings);
    for (const redaction of opened.redactions) await ledger.erase(redaction);
    await ledger.markBlocks();
    return ledger;
  }

  /** Parses a statement step by step, or finds what was parsed before. @throws LedgerError */
  *parsed(statement: string): Generator<undefined, Parsed> {
    return this.statements.known(statement) ?? this.statements.keep(statement, yield* parseSteps(statement));
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

  /** @throws LedgerError OccConflictException; InvalidSessionException where the ledger is closed. The transaction is over either way. */
  async commit(transaction: Transaction): Promise<void> {
    try {
      await this.gate.pass();
      if (this.isClosed) throw new LedgerError("InvalidSessionException", "the ledger was closed: begin a session anew");
    } catch (error) {
      this.abandon(transaction);
      throw error;
    }
    const { redaction } = transaction;
    if (redaction === undefined) await this.append(transaction);
    else {
      await this.checkRoom(redaction, transaction);
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
    if (this.store.sequenceNo >= 0) await this.firstMark();
  }

  /** The first blocks are answered once they are counted. */
  private async firstMark(): Promise<void> {
    if ((this.description.description.leastBlocks ?? 0) > 0) return;
    this.marking ??= this.markBlocks();
    await this.marking;
    this.marking = undefined;
  }

  /** What is to be erased has to be written down before: a full disk refuses it before anything is committed. */
  private async checkRoom({ address }: Redaction, transaction: Transaction): Promise<void> {
    try {
      const record = await this.journal.read(this.offsets.at(address.sequenceNo) ?? 0);
      await this.journal.checkRoom(record.length);
    } catch (error) {
      this.committer.closed(transaction);
      throw isDiskFull(error) ? diskIsFull(error) : error;
    }
  }

  /** Erases a revision's data from the journal, unless that is done. */
  private async erase({ address, documentId }: Redaction): Promise<void> {
    const offset = this.offsets.at(address.sequenceNo);
    if (offset === undefined) return;
    const record = await this.journal.read(offset);
    const content = withoutData(readJournalBlock(record), documentId, record.length);
    if (content !== undefined) await this.journal.rewrite(offset, content);
  }

  /** @returns undefined where there is no such block. @throws JournalError */
  async block(sequenceNo: number): Promise<Block | undefined> {
    const offset = this.offsets.at(sequenceNo);
    return offset === undefined ? undefined : readJournalBlock(await this.journal.read(offset));
  }

  /** What makes the block of a number, and some that follow it: their records are read together. No block is made of a record before it is asked for. */
  async blocksFrom(sequenceNo: number): Promise<readonly (() => Block)[]> {
    return (await this.recordsFrom(sequenceNo)).map((content) => () => readJournalBlock(content));
  }

  /** The records of the block of a number, and of some that follow it: each is a block in binary Ion. @throws JournalError where one is damaged */
  async recordsFrom(sequenceNo: number): Promise<readonly Buffer[]> {
    const offset = this.offsets.at(sequenceNo);
    return offset === undefined ? [] : await this.journal.readFrom(offset);
  }

  /** The record of the block of a number alone; none where there is no such block. @throws JournalError */
  async recordOf(sequenceNo: number): Promise<readonly Buffer[]> {
    const offset = this.offsets.at(sequenceNo);
    return offset === undefined ? [] : [await this.journal.read(offset)];
  }

  /** Its journal so far, for those who verify it: they keep the lock while they read. */
  get journalFile(): { readonly path: string; readonly end: number; readonly lock: RecordLock } {
    return { path: this.journal.path, end: this.journal.end, lock: this.journal.lock };
  }

  /** Lets commits wait from now on, at most so many milliseconds. @returns once nothing of those before is on its way to the disk */
  async hold(ms: number): Promise<void> {
    this.gate.hold(ms);
    await this.journal.settled();
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
    this.gate.hold(0);
    await this.snapshots.close();
    await this.journal.close();
    await this.markBlocks();
  }

  /**
   * Writes down beside the journal how many blocks are in it, so that one that has lost them all is not taken for a new one. Where that
   * fails, the next commit, or the end, tries again: what was committed is on disk all the same.
   */
  private async markBlocks(): Promise<void> {
    const blocks = this.store.sequenceNo + 1;
    if (blocks === (this.description.description.leastBlocks ?? 0)) return;
    await this.description.update({ leastBlocks: blocks }).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.surroundings.log(`${this.journal.path}: the number of its blocks was not written down: ${reason}`);
    });
  }
}
