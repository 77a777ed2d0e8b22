import { MerkleTree } from "../digest/merkle-tree.ts";
import type { Block } from "../journal/block.ts";
import type { Redaction } from "../journal/redaction-value.ts";
import { catalogId, readDefinition } from "./catalog.ts";
import type { Revision } from "./revision.ts";
import { Revisions } from "./revisions.ts";
import type { StoredRevision } from "./stored-revision.ts";
import { Table } from "./table.ts";

/** What a committed transaction changed, in the terms of read sets. */
export interface StoreChange {
  readonly sequenceNo: number;
  readonly tables: ReadonlySet<string>;
  readonly documents: ReadonlySet<string>;
  readonly keys: ReadonlySet<string>;
  /** Names of tables whose definition changed. */
  readonly names: ReadonlySet<string>;
}

/** The committed state of one ledger. It changes by whole blocks alone. */
export class Store {
  readonly strandId: string;
  readonly revisions: Revisions;
  /** All tables by id, dropped ones too. */
  readonly tables = new Map<string, Table>();
  /** Where the last revision of each table's definition is, by table id. */
  readonly definitions = new Map<string, number>();
  /** Over the hashes of all blocks. */
  readonly blocks = new MerkleTree();
  private readonly active = new Map<string, Table>();

  constructor(strandId: string) {
    this.strandId = strandId;
    this.revisions = new Revisions(strandId);
  }

  /** Number of the last block; -1 before the first. */
  get sequenceNo(): number {
    return this.blocks.size - 1;
  }

  /** No bytes before the first block. */
  get lastBlockHash(): Buffer {
    return Buffer.from(this.blocks.leaf(this.sequenceNo));
  }

  /** The active table of a name. */
  activeTable(name: string): Table | undefined {
    return this.active.get(name);
  }

  /** The last revision of a table's definition. */
  definition(tableId: string): StoredRevision | undefined {
    const at = this.definitions.get(tableId);
    return at === undefined ? undefined : this.revisions.at(at);
  }

  /** What the next block will change. */
  changeOf(block: Block): StoreChange {
    const [tables, documents, keys, names] = [new Set<string>(), new Set<string>(), new Set<string>(), new Set<string>()];
    for (const { metadata, data } of block.revisions) {
      const tableId = block.info.documents.get(metadata.id)?.tableId ?? "";
      documents.add(metadata.id);
      tables.add(tableId);
      if (tableId === catalogId) {
        if (data !== undefined) names.add(readDefinition(data).name);
      } else for (const key of this.tables.get(tableId)?.keysOf(metadata.id, data) ?? []) keys.add(key);
    }
    return { sequenceNo: block.address.sequenceNo, tables, documents, keys, names };
  }

  /** @throws Error where the block does not fit the state */
  apply(block: Block): void {
    for (const revision of block.revisions) {
      const { id } = revision.metadata;
      const tableId = block.info.documents.get(id)?.tableId ?? "";
      if (tableId === catalogId) {
        this.define(revision);
        continue;
      }
      const table = this.tables.get(tableId);
      if (table === undefined) throw new Error(`a revision of document ${id} belongs to the unknown table ${tableId}`);
      table.apply(id, this.revisions.add(revision, table.latest(id)?.at), revision);
    }
    for (const redaction of block.redactions) this.revision(redaction)?.redact();
    this.blocks.append(block.blockHash);
  }

  /** The revision of a document that a block made. */
  revision({ tableId, documentId, address }: Pick<Redaction, "tableId" | "documentId" | "address">): StoredRevision | undefined {
    let revision = this.tables.get(tableId)?.latest(documentId);
    while (revision !== undefined && revision.sequenceNo > address.sequenceNo) revision = revision.previous;
    return revision?.sequenceNo === address.sequenceNo ? revision : undefined;
  }

  /** Takes over a table whose definition lies at an address of the heap. */
  loadTable(at: number): Table {
    const { id, data } = this.revisions.at(at);
    if (data === undefined) throw new Error(`the definition of table ${id} lacks its data`);
    const table = new Table(readDefinition(data), this.revisions);
    this.definitions.set(id, at);
    this.tables.set(id, table);
    if (table.definition.status === "ACTIVE") this.active.set(table.definition.name, table);
    return table;
  }

  private define(revision: Revision): void {
    if (revision.data === undefined) throw new Error("a table's definition lacks its data");
    const definition = readDefinition(revision.data);
    this.definitions.set(definition.id, this.revisions.add(revision, this.definitions.get(definition.id)));
    const known = this.tables.get(definition.id);
    const table = known ?? new Table(definition, this.revisions);
    if (known === undefined) this.tables.set(definition.id, table);
    else known.define(definition);
    if (definition.status === "ACTIVE") this.active.set(definition.name, table);
    else if (this.active.get(definition.name) === table) this.active.delete(definition.name);
  }
}
