import { equalityKey } from "../ion/compare.ts";
import { field, type IonValue } from "../ion/value.ts";
import { Index } from "./index-entries.ts";
import type { Revision } from "./revision.ts";
import type { Revisions } from "./revisions.ts";
import type { StoredRevision } from "./stored-revision.ts";

export interface IndexDefinition {
  readonly indexId: string;
  /** Name of the top-level field. */
  readonly field: string;
}

/** A table as the catalog knows it. */
export interface TableDefinition {
  readonly id: string;
  readonly name: string;
  readonly status: "ACTIVE" | "INACTIVE";
  readonly indexes: readonly IndexDefinition[];
}

/** The committed content of a table. */
export class Table {
  definition: TableDefinition;
  /** Where the last revision of each document is, in the order of their insertion. */
  readonly live = new Map<string, number>();
  /** The same of the documents that were deleted. */
  readonly deleted = new Map<string, number>();
  private readonly revisions: Revisions;
  private readonly indexes = new Map<string, Index>();

  constructor(definition: TableDefinition, revisions: Revisions) {
    this.definition = definition;
    this.revisions = revisions;
    this.buildIndexes();
  }

  /** Takes over a changed definition: new indexes are built, dropped ones forgotten. */
  define(definition: TableDefinition): void {
    this.definition = definition;
    this.buildIndexes();
  }

  /** The last revision of a document, deleted or not. */
  latest(id: string): StoredRevision | undefined {
    const at = this.live.get(id) ?? this.deleted.get(id);
    return at === undefined ? undefined : this.revisions.at(at);
  }

  /** The keys, as `keyOf` writes them, under which a document is found, and will be once it has other data. */
  keysOf(id: string, data: IonValue | undefined): string[] {
    const before = this.indexes.size === 0 ? undefined : this.live.get(id);
    const old = before === undefined ? undefined : this.revisions.at(before);
    const keys: string[] = [];
    for (const name of this.indexes.keys()) {
      const [was, is] = [old?.fieldKey(name), indexKey(data, name)];
      if (was !== undefined) keys.push(keyOf(this.definition.id, name, was));
      if (is !== undefined && is !== was) keys.push(keyOf(this.definition.id, name, is));
    }
    return keys;
  }

  /** Takes over a document's new last revision. @param at its address */
  apply(id: string, at: number, { data, dataHash }: Pick<Revision, "data" | "dataHash">): void {
    const before = this.live.get(id);
    // A redacted revision was not the last one when it was redacted: one that follows in the journal replaces it.
    if (data === undefined && dataHash === undefined) {
      this.live.delete(id);
      this.deleted.set(id, at);
    } else this.live.set(id, at);
    const old = before === undefined || this.indexes.size === 0 ? undefined : this.revisions.at(before);
    for (const [name, index] of this.indexes) {
      const [was, is] = [old?.fieldKey(name), indexKey(data, name)];
      if (was === is) continue;
      if (was !== undefined) index.remove(was, id);
      if (is !== undefined) index.add(is, id);
    }
  }

  /** Takes over documents as a snapshot has them, by the addresses of their last revisions. */
  async load(batches: AsyncIterable<Float64Array>): Promise<void> {
    for await (const addresses of batches) {
      for (const at of addresses) {
        const revision = this.revisions.at(at);
        (revision.isLive ? this.live : this.deleted).set(revision.id, at);
      }
    }
    this.indexes.clear();
    this.buildIndexes();
  }

  hasIndex(name: string): boolean {
    return this.indexes.has(name);
  }

  /** Ids of live documents whose field has a value. @param name of an indexed field */
  lookup(name: string, key: string): readonly string[] {
    return this.indexes.get(name)?.lookup(key) ?? [];
  }

  /** Makes the indexes that the definition asks for and that are not there yet. */
  private buildIndexes(): void {
    const wanted = new Set(this.definition.indexes.map((index) => index.field));
    for (const name of [...this.indexes.keys()]) if (!wanted.has(name)) this.indexes.delete(name);
    for (const name of wanted) {
      if (this.indexes.has(name)) continue;
      const index = new Index();
      this.indexes.set(name, index);
      for (const [id, at] of this.live) {
        const key = this.revisions.at(at).fieldKey(name);
        if (key !== undefined) index.add(key, id);
      }
    }
  }
}

/** What an index finds a document by; undefined where it does not hold the document. */
export function indexKey(data: IonValue | undefined, name: string): string | undefined {
  const found = field(data, name);
  return found && equalityKey(found);
}

/** A key of one index of one table, for read sets. */
export function keyOf(tableId: string, name: string, key: string): string {
  return `${tableId}/${name}/${key}`;
}
