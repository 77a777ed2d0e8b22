import type { StoreChange } from "../store/store.ts";

/**
 * What a transaction has read, each with the block after which it was read. A commit is serializable where nothing of it changed since:
 * then the transaction could as well have run at the moment of its commit.
 */
export class ReadSet {
  private readonly tables = new Map<string, number>();
  private readonly documents = new Map<string, number>();
  private readonly keys = new Map<string, number>();
  private readonly names = new Map<string, number>();
  /** After which block all table definitions were read. */
  private catalog: number | undefined;

  /** The whole of a table: a scan. */
  table(tableId: string, sequenceNo: number): void {
    keepFirst(this.tables, tableId, sequenceNo);
  }

  document(id: string, sequenceNo: number): void {
    keepFirst(this.documents, id, sequenceNo);
  }

  /** All documents with a value in an indexed field; @param key as `keyOf` writes it */
  key(key: string, sequenceNo: number): void {
    keepFirst(this.keys, key, sequenceNo);
  }

  /** Which table has a name, if any. */
  name(name: string, sequenceNo: number): void {
    keepFirst(this.names, name, sequenceNo);
  }

  allDefinitions(sequenceNo: number): void {
    this.catalog ??= sequenceNo;
  }

  /** @returns whether a later commit changed what was read */
  conflictsWith(change: StoreChange): boolean {
    const { sequenceNo } = change;
    if (this.catalog !== undefined && this.catalog < sequenceNo && change.names.size > 0) return true;
    return (
      overlaps(this.tables, change.tables, sequenceNo) ||
      overlaps(this.documents, change.documents, sequenceNo) ||
      overlaps(this.keys, change.keys, sequenceNo) ||
      overlaps(this.names, change.names, sequenceNo)
    );
  }
}

function keepFirst(map: Map<string, number>, key: string, sequenceNo: number): void {
  if (!map.has(key)) map.set(key, sequenceNo);
}

function overlaps(read: ReadonlyMap<string, number>, changed: ReadonlySet<string>, sequenceNo: number): boolean {
  if (read.size === 0 || changed.size === 0) return false;
  const [fewer, isRead] = read.size < changed.size ? [read.keys(), true] : [changed.values(), false];
  for (const key of fewer) {
    if (isRead && !changed.has(key)) continue;
    const at = read.get(key);
    if (at !== undefined && at < sequenceNo) return true;
  }
  return false;
}
