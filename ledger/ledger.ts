import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { StatementDigests } from "./digest/statement-digest.ts";
import { newId } from "./ids.ts";
import { readBinary } from "./ion/binary-reader.ts";
import { ionLimits } from "./ion/value.ts";
import { type Block, blockProblem, readBlock } from "./journal/block.ts";
import { Journal } from "./journal/journal.ts";
import { StatementCache } from "./partiql/execute.ts";
import { Store } from "./store/store.ts";
import { Committer } from "./transaction/commit.ts";
import { Transaction } from "./transaction/transaction.ts";

/** A document lies a few levels deep in its block. */
const blockDepth = ionLimits.depth + 10;

/** What the world outside gives a ledger; tests give their own. */
export interface Surroundings {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: (message: string) => void;
  /** Told that the disk failed: nothing more can be acknowledged. */
  readonly onFailure: (error: Error) => void;
}

/** One ledger: its tables, its journal, its transactions. */
export class Ledger {
  readonly store: Store;
  readonly statements = new StatementCache();
  readonly digests = new StatementDigests();
  private readonly journal: Journal;
  private readonly committer: Committer;
  private readonly blockHashes: Buffer[];
  private readonly offsets: number[];
  private readonly surroundings: Surroundings;
  private lastCommit = 0;
  private isClosed = false;

  private constructor(store: Store, journal: Journal, blocks: { hashes: Buffer[]; offsets: number[] }, surroundings: Surroundings) {
    this.store = store;
    this.journal = journal;
    this.blockHashes = blocks.hashes;
    this.offsets = blocks.offsets;
    this.surroundings = surroundings;
    this.committer = new Committer(store, journal, {
      append: (hash, offset) => {
        blocks.hashes.push(hash);
        blocks.offsets.push(offset);
      },
    });
  }

  /**
   * Opens a ledger's folder, making it where it is new, and replays its journal.
   * @throws JournalError where the journal is damaged, naming the place
   */
  static async open(folder: string, strandId: string, surroundings: Surroundings): Promise<Ledger> {
    await mkdir(folder, { recursive: true });
    const store = new Store(strandId);
    const blocks: { hashes: Buffer[]; offsets: number[] } = { hashes: [], offsets: [] };
    let latest = 0;
    const journal = await Journal.open(
      join(folder, "journal"),
      (content, offset) => {
        const block = readBlock(readBinary(content, blockDepth));
        const problem = blockProblem(block, { sequenceNo: store.sequenceNo + 1, previousBlockHash: store.lastBlockHash });
        if (problem !== undefined) throw new Error(problem);
        store.apply(block);
        blocks.hashes.push(block.blockHash);
        blocks.offsets.push(offset);
        latest = block.timestamp;
      },
      surroundings.log,
      surroundings.onFailure,
    );
    const ledger = new Ledger(store, journal, blocks, surroundings);
    ledger.lastCommit = latest;
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
    // Time in a journal never runs backwards, whatever the clock does.
    this.lastCommit = Math.max(this.lastCommit, this.surroundings.now());
    const committed = this.committer.commit(transaction, this.lastCommit);
    this.committer.closed(transaction);
    await committed;
  }

  /** The hashes of all blocks, in order. */
  get hashes(): readonly Buffer[] {
    return this.blockHashes;
  }

  /** @returns undefined where there is no such block */
  async block(sequenceNo: number): Promise<Block | undefined> {
    const offset = this.offsets[sequenceNo];
    return offset === undefined ? undefined : readBlock(readBinary(await this.journal.read(offset), blockDepth));
  }

  /** Whether it takes no more transactions: its sessions are over. */
  get closed(): boolean {
    return this.isClosed;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.journal.close();
  }
}
