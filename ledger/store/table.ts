import { equalityKey } from "../ion/compare.ts";
import { field, type IonValue } from "../ion/value.ts";
import type { Revision } from "./revision.ts";

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

/** A document with all its revisions, the latest last. */
export interface StoredDocument {
  readonly id: string;
  readonly revisions: Revision[];
}

/** The committed content of a table. */
export class Table {
  definition: TableDefinition;
  /** Every document that ever was, deleted ones too, in the order of their insertion. */
  readonly documents = new Map<string, StoredDocument>();
  /** Those that are not deleted. */
  readonly live = new Map<string, StoredDocument>();
  private readonly indexes = new Map<string, Map<string, Set<string>>>();

  constructor(definition: TableDefinition) {
    this.definition = definition;
    this.buildIndexes();
  }

  /** Takes over a changed definition: new indexes are built, dropped ones forgotten. */
  define(definition: TableDefinition): void {
    this.definition = definition;
    this.buildIndexes();
  }

  /** Adds a revision. @returns the keys, as `keyOf` writes them, under which the document was or is found */
  apply(revision: Revision): string[] {
    const { id } = revision.metadata;
    const document = this.documents.get(id) ?? { id, revisions: [] };
    const before = document.revisions.at(-1)?.data;
    document.revisions.push(revision);
    this.documents.set(id, document);
    if (revision.data === undefined) this.live.delete(id);
    else this.live.set(id, document);
    const keys: string[] = [];
    for (const { field: name } of this.definition.indexes) {
      const [old, now] = [indexKey(before, name), indexKey(revision.data, name)];
      if (old !== undefined) keys.push(keyOf(this.definition.id, name, old));
      if (now !== undefined) keys.push(keyOf(this.definition.id, name, now));
      if (old === now) continue;
      const entries = this.indexes.get(name);
      if (old !== undefined) removeFrom(entries, old, id);
      if (now !== undefined) addTo(entries, now, id);
    }
    return keys;
  }

  hasIndex(name: string): boolean {
    return this.indexes.has(name);
  }

  /** Ids of live documents whose field has a value. @param name of an indexed field */
  lookup(name: string, key: string): Iterable<string> {
    return this.indexes.get(name)?.get(key) ?? [];
  }

  private buildIndexes(): void {
    const wanted = new Set(this.definition.indexes.map((index) => index.field));
    for (const name of [...this.indexes.keys()]) if (!wanted.has(name)) this.indexes.delete(name);
    for (const name of wanted) {
      if (this.indexes.has(name)) continue;
      const entries = new Map<string, Set<string>>();
      this.indexes.set(name, entries);
      for (const { id, revisions } of this.live.values()) {
        const key = indexKey(revisions.at(-1)?.data, name);
        if (key !== undefined) addTo(entries, key, id);
      }
    }
  }
}

/** What an index finds a document by; undefined where it does not hold the document. */
export function indexKey(data: IonValue | undefined, name: string): string | undefined {
  const value = field(data, name);
  return value && equalityKey(value);
}

/** A key of one index of one table, for read sets. */
export function keyOf(tableId: string, name: string, key: string): string {
  return `${tableId}/${name}/${key}`;
}

function addTo(entries: Map<string, Set<string>> | undefined, key: string, id: string): void {
  const ids = entries?.get(key);
  if (ids === undefined) entries?.set(key, new Set([id]));
  else ids.add(id);
}

function removeFrom(entries: Map<string, Set<string>> | undefined, key: string, id: string): void {
  const ids = entries?.get(key);
  ids?.delete(id);
  if (ids?.size === 0) entries?.delete(key);
}
