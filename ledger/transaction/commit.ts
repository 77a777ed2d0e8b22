import { isDiskFull } from "../disk-full.ts";
import { type Block, type DocumentInfo, makeBlock } from "../journal/block.ts";
import { presentRules } from "../journal/block-rules.ts";
import type { Journal } from "../journal/journal.ts";
import type { Offsets } from "../journal/offsets.ts";
import { blockContent } from "../journal/redaction.ts";
import { catalogId, definitionValue } from "../store/catalog.ts";
import { type BlockAddress, type Metadata, type Revision, revisionHash } from "../store/revision.ts";
import type { Store, StoreChange } from "../store/store.ts";
import type { StoredRevision } from "../store/stored-revision.ts";
import { badRequest, diskIsFull, LedgerError } from "./errors.ts";
import type { Transaction } from "./transaction.ts";

/** Bytes that may wait for the disk before commits are refused. */
const mostBacklog = 64 << 20;

/** QLDB's limits of one transaction: https://docs.aws.amazon.com/qldb/latest/developerguide/limits.html */
export const limits = {
  documents: 40,
  bytes: 4 << 20,
  documentBytes: 128 << 10,
  /** Characters of a statement. */
  statement: 100_000,
  /** In its documents, those inside others too: a bound of ours, as a block is made in one step. */
  values: 1 << 18,
};

/**
 * Commits transactions one after the other: on disk together with others, and then in memory, so that nobody reads what the disk may still
 * refuse. Changes of recent commits are kept as long as an open transaction may have read something before them.
 */
export class Committer {
  private readonly store: Store;
  private readonly journal: Journal;
  private readonly offsets: Offsets;
  private recent: StoreChange[] = [];
  private readonly open = new Set<Transaction>();
  /** The last block that waits for the disk. */
  private last: Block | undefined;

  constructor(store: Store, journal: Journal, offsets: Offsets) {
    this.store = store;
    this.journal = journal;
    this.offsets = offsets;
  }

  opened(transaction: Transaction): void {
    this.open.add(transaction);
  }

  /** The transaction is over, committed or not. */
  closed(transaction: Transaction): void {
    this.open.delete(transaction);
    // A transaction that begins now does not see what waits for the disk.
    let oldest = this.store.sequenceNo;
    for (const each of this.open) oldest = Math.min(oldest, each.startedAfter);
    if ((this.recent[0]?.sequenceNo ?? Number.POSITIVE_INFINITY) <= oldest) {
      this.recent = this.recent.filter(({ sequenceNo }) => sequenceNo > oldest);
    }
  }

  /**
   * Makes a transaction's changes part of the ledger.
   * @param now milliseconds since 1970
   * @returns once they are on disk, and to be seen by others
   * @throws LedgerError OccConflictException where something it has read was changed meanwhile; CapacityExceededException where the disk
   * does not keep up, or is full
   */
  async commit(transaction: Transaction, now: number): Promise<void> {
    if (this.recent.some((change) => change.sequenceNo > transaction.startedAfter && transaction.reads.conflictsWith(change))) {
      throw new LedgerError("OccConflictException", "Optimistic concurrency control failure");
    }
    const address = { strandId: this.store.strandId, sequenceNo: (this.last?.address.sequenceNo ?? this.store.sequenceNo) + 1 };
    const { revisions, documents } = this.changes(transaction, address, now);
    if (this.journal.backlog > mostBacklog) {
      throw new LedgerError("CapacityExceededException", `${this.journal.backlog} bytes wait for the disk already, try again`);
    }
    const redactions = transaction.redaction === undefined ? [] : [transaction.redaction];
    if (revisions.length === 0 && redactions.length === 0) return;
    const info = { statements: transaction.statements, documents };
    const parts = { rules: presentRules, address, transactionId: transaction.id, timestamp: now, info, revisions, redactions };
    const block = makeBlock(parts, this.last?.blockHash ?? this.store.lastBlockHash);
    const content = blockContent(block);
    if (content.length > limits.bytes)
      throw badRequest(`Transaction ${transaction.id} has ${content.length} bytes: allowed are ${limits.bytes}`);
    const change = this.store.changeOf(block);
    const { offset, durable } = this.journal.append(content, (failure) => {
      if (failure === undefined) this.take(block, offset);
      else this.takeBack(change);
    });
    this.recent.push(change);
    this.last = block;
    await durable.catch((error: unknown) => {
      throw isDiskFull(error) ? diskIsFull(error) : error;
    });
  }

  /** A block is on disk. */
  private take(block: Block, offset: number): void {
    this.store.apply(block);
    this.offsets.push(offset);
    if (this.last === block) this.last = undefined;
  }

  /** A block will never be on disk, and none behind it. */
  private takeBack(change: StoreChange): void {
    this.recent = this.recent.filter((each) => each !== change);
    this.last = undefined;
  }

  private changes(
    transaction: Transaction,
    address: BlockAddress,
    now: number,
  ): { revisions: Revision[]; documents: Map<string, DocumentInfo> } {
    const revisions: Revision[] = [];
    const documents = new Map<string, DocumentInfo>();
    const metadata = (id: string, version: number): Metadata => ({ id, version, txTime: now, txId: transaction.id });
    for (const { definition, statements } of transaction.definitions.values()) {
      const meta = metadata(definition.id, versionAfter(this.store.definition(definition.id)));
      const data = definitionValue(definition);
      revisions.push({ address, hash: revisionHash(meta, data, presentRules), data, metadata: meta });
      documents.set(definition.id, { tableName: catalogId, tableId: catalogId, statements });
    }
    for (const [tableId, pending] of transaction.documents) {
      const table = this.store.tables.get(tableId);
      const tableName = transaction.definitions.get(tableId)?.definition.name ?? table?.definition.name ?? "";
      for (const { id, data, encoded, statements } of pending.values()) {
        const known = table?.latest(id);
        // Inserted and deleted by the same transaction: nothing ever was.
        if (known === undefined && data === undefined) continue;
        const meta = metadata(id, versionAfter(known));
        const hash = revisionHash(meta, data, presentRules, data && transaction.hashes.get(data));
        revisions.push({ address, hash, data, encoded, metadata: meta });
        documents.set(id, { tableName, tableId, statements });
      }
    }
    return { revisions, documents };
  }
}

function versionAfter(last: StoredRevision | undefined): number {
  return last === undefined ? 0 : last.version + 1;
}
