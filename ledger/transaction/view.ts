import type { IonValue } from "../ion/value.ts";
import { struct } from "../ion/value.ts";
import { definitionValue } from "../store/catalog.ts";
import { metadataValue, type Revision, revisionValue } from "../store/revision.ts";
import type { Store } from "../store/store.ts";
import type { StoredRevision } from "../store/stored-revision.ts";
import { indexKey, keyOf, type Table, type TableDefinition } from "../store/table.ts";
import type { IoUsage, Transaction } from "./transaction.ts";

/** A document as a transaction sees it. */
export interface Document {
  readonly id: string;
  readonly data: IonValue;
  /** Its last committed revision; undefined for one that this transaction has inserted. */
  readonly revision: StoredRevision | undefined;
  /** Changed by this transaction. */
  readonly changed: boolean;
}

/**
 * The ledger through the eyes of one transaction: what is committed, with the transaction's own changes over it.
 * Everything it hands out goes into the read set and is counted.
 */
export class TransactionView {
  private readonly store: Store;
  private readonly transaction: Transaction;
  private readonly usage: IoUsage;

  constructor(store: Store, transaction: Transaction, usage: IoUsage) {
    this.store = store;
    this.transaction = transaction;
    this.usage = usage;
  }

  /** The active table of a name. */
  table(name: string): TableDefinition | undefined {
    this.transaction.reads.name(name, this.store.sequenceNo);
    for (const { definition } of this.transaction.definitions.values()) {
      if (definition.name === name && definition.status === "ACTIVE") return definition;
    }
    const found = this.store.activeTable(name)?.definition;
    return found && this.transaction.definitions.has(found.id) ? undefined : found;
  }

  /** A table by its id, dropped or not. */
  tableById(id: string): TableDefinition | undefined {
    const found = this.transaction.definitions.get(id)?.definition ?? this.store.tables.get(id)?.definition;
    if (found !== undefined) this.transaction.reads.name(found.name, this.store.sequenceNo);
    return found;
  }

  /** All tables, dropped ones too. */
  definitions(): TableDefinition[] {
    this.transaction.reads.allDefinitions(this.store.sequenceNo);
    const own = this.transaction.definitions;
    const committed = [...this.store.tables.values()].map(({ definition }) => own.get(definition.id)?.definition ?? definition);
    const added = [...own.values()].map(({ definition }) => definition).filter(({ id }) => !this.store.tables.has(id));
    return [...committed, ...added];
  }

  /** The rows of `information_schema.user_tables`. */
  *catalog(): Generator<IonValue> {
    for (const definition of this.definitions()) {
      this.usage.readIOs++;
      yield definitionValue(definition);
    }
  }

  /** Every document of a table. */
  *scan(table: TableDefinition): Generator<Document> {
    this.transaction.reads.table(table.id, this.store.sequenceNo);
    const pending = this.transaction.pending(table.id);
    const stored = this.store.tables.get(table.id);
    for (const [id, at] of stored?.live ?? []) {
      const document = this.look(this.store.revisions.at(at), table.id, id);
      if (document === undefined) continue;
      this.usage.readIOs++;
      yield document;
    }
    for (const { id, data } of [...(pending?.values() ?? [])]) {
      if (data === undefined || stored?.live.has(id)) continue;
      this.usage.readIOs++;
      yield { id, data, revision: stored?.latest(id), changed: true };
    }
  }

  /** How many documents a table has, without looking at them. It counts as if all were read. */
  count(table: TableDefinition): number {
    this.transaction.reads.table(table.id, this.store.sequenceNo);
    const live = this.store.tables.get(table.id)?.live;
    let count = live?.size ?? 0;
    for (const { id, data } of this.transaction.pending(table.id)?.values() ?? []) {
      if (live?.has(id) === true) count -= data === undefined ? 1 : 0;
      else count += data === undefined ? 0 : 1;
    }
    this.usage.readIOs += count;
    return count;
  }

  /** The documents of some ids, those that are there. */
  *byId(table: TableDefinition, ids: Iterable<string>): Generator<Document> {
    for (const id of new Set(ids)) {
      this.transaction.reads.document(id, this.store.sequenceNo);
      const document = this.look(this.store.tables.get(table.id)?.latest(id), table.id, id);
      if (document === undefined) continue;
      this.usage.readIOs++;
      yield document;
    }
  }

  /**
   * The documents whose indexed field has one of some values.
   * @param field which has to be indexed
   * @param keys as `equalityKey` writes them
   */
  *byKey(table: TableDefinition, field: string, keys: Iterable<string>): Generator<Document> {
    const stored = this.store.tables.get(table.id);
    const pending = this.transaction.pending(table.id);
    const wanted = new Set(keys);
    // An index that this transaction has made is not built before it commits.
    if (stored !== undefined && !stored.hasIndex(field)) {
      for (const document of this.scan(table)) if (wanted.has(indexKey(document.data, field) ?? "")) yield document;
      return;
    }
    for (const key of wanted) {
      this.transaction.reads.key(keyOf(table.id, field, key), this.store.sequenceNo);
      for (const id of stored?.lookup(field, key) ?? []) {
        if (pending?.has(id)) continue;
        const document = this.look(stored?.latest(id), table.id, id);
        if (document === undefined) continue;
        this.usage.readIOs++;
        yield document;
      }
    }
    for (const { id, data } of [...(pending?.values() ?? [])]) {
      const key = indexKey(data, field);
      if (data === undefined || key === undefined || !wanted.has(key)) continue;
      this.usage.readIOs++;
      yield { id, data, revision: stored?.latest(id), changed: true };
    }
  }

  /**
   * Committed revisions, of some documents or of all, deleted ones too.
   * @param window milliseconds since 1970: only revisions that were current at some time in it
   */
  *history(table: TableDefinition, ids: Iterable<string> | undefined, window: { start: number; end: number }): Generator<Revision> {
    const stored = this.store.tables.get(table.id);
    if (ids === undefined) this.transaction.reads.table(table.id, this.store.sequenceNo);
    const documents = ids === undefined ? (stored === undefined ? [] : everyId(stored)) : new Set(ids);
    for (const id of documents) {
      if (ids !== undefined) this.transaction.reads.document(id, this.store.sequenceNo);
      for (const revision of revisionsWithin(stored?.latest(id), window)) {
        this.usage.readIOs++;
        yield revision;
      }
    }
  }

  /**
   * The committed revision of a document that a block made, and whether the document still is as it says. A deleted document is not: its
   * last revision has no data.
   */
  revisionFor(tableId: string, documentId: string, sequenceNo: number): { revision: StoredRevision; isLatest: boolean } | undefined {
    this.transaction.reads.document(documentId, this.store.sequenceNo);
    const revision = this.store.revision({ tableId, documentId, address: { strandId: this.store.strandId, sequenceNo } });
    return revision && { revision, isLatest: this.store.tables.get(tableId)?.latest(documentId)?.at === revision.at };
  }

  /** A row of the committed view. Of a change that is not committed there is no block and no hash yet. */
  committed({ id, data, revision, changed }: Document): IonValue {
    if (!changed && revision !== undefined) return revisionValue(revision);
    const version = revision === undefined ? 0 : revision.version + 1;
    return struct({ data, metadata: metadataValue({ id, version, txTime: this.transaction.startTime, txId: this.transaction.id }) });
  }

  /** @param revision the last one that is committed */
  private look(revision: StoredRevision | undefined, tableId: string, id: string): Document | undefined {
    const pending = this.transaction.pending(tableId)?.get(id);
    const data = pending === undefined ? revision?.data : pending.data;
    return data === undefined ? undefined : { id, data, revision, changed: pending !== undefined };
  }
}

/** Every document of a table, deleted ones too. */
function* everyId({ live, deleted }: Table): Generator<string> {
  yield* live.keys();
  yield* deleted.keys();
}

/** A document's revisions that were current at some time of a window, oldest first. */
function revisionsWithin(latest: StoredRevision | undefined, window: { start: number; end: number }): StoredRevision[] {
  const found: StoredRevision[] = [];
  let until = Number.POSITIVE_INFINITY;
  for (let revision = latest; revision !== undefined && until > window.start; revision = revision.previous) {
    if (revision.txTime <= window.end) found.push(revision);
    until = revision.txTime;
  }
  return found.reverse();
}
