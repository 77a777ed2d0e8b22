import type { Block } from "../journal/block.ts";
import { catalogId, readDefinition } from "./catalog.ts";
import type { Revision } from "./revision.ts";
import { Table } from "./table.ts";

/** What a committed transaction changed, in the terms of read sets. */
export interface Change {
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
  /** All tables by id, dropped ones too. */
  readonly tables = new Map<string, Table>();
  /** Revisions of table definitions, by table id. */
  readonly definitions = new Map<string, Revision[]>();
  /** Number of the last block; -1 before the first. */
  sequenceNo = -1;
  lastBlockHash: Buffer = Buffer.alloc(0);
  private readonly active = new Map<string, Table>();

  constructor(strandId: string) {
    this.strandId = strandId;
  }

  /** The active table of a name. */
  activeTable(name: string): Table | undefined {
    return this.active.get(name);
  }

  apply(block: Block): Change {
    const [tables, documents, keys, names] = [new Set<string>(), new Set<string>(), new Set<string>(), new Set<string>()];
    for (const revision of block.revisions) {
      const { id } = revision.metadata;
      const tableId = block.info.documents.get(id)?.tableId ?? "";
      documents.add(id);
      tables.add(tableId);
      if (tableId === catalogId) {
        names.add(this.define(revision));
        continue;
      }
      const table = this.tables.get(tableId);
      if (table === undefined) throw new Error(`a revision of document ${id} belongs to the unknown table ${tableId}`);
      for (const key of table.apply(revision)) keys.add(key);
    }
    this.sequenceNo = block.address.sequenceNo;
    this.lastBlockHash = block.blockHash;
    return { sequenceNo: this.sequenceNo, tables, documents, keys, names };
  }

  private define(revision: Revision): string {
    if (revision.data === undefined) throw new Error("a table's definition lacks its data");
    const definition = readDefinition(revision.data);
    this.definitions.set(definition.id, [...(this.definitions.get(definition.id) ?? []), revision]);
    const known = this.tables.get(definition.id);
    const table = known ?? new Table(definition);
    if (known === undefined) this.tables.set(definition.id, table);
    else known.define(definition);
    if (definition.status === "ACTIVE") this.active.set(definition.name, table);
    else if (this.active.get(definition.name) === table) this.active.delete(definition.name);
    return definition.name;
  }
}
