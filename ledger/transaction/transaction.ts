import { dot } from "../digest/dot.ts";
import { transactionDigest } from "../digest/statement-digest.ts";
import { ionHashSteps } from "../ion/hash.ts";
import { countUpTo, type IonValue } from "../ion/value.ts";
import type { StatementInfo } from "../journal/block.ts";
import type { Redaction } from "../journal/redaction-value.ts";
import type { TableDefinition } from "../store/table.ts";
import { badRequest, LedgerError } from "./errors.ts";
import { ReadSet } from "./read-set.ts";

/** How long a transaction may stay open: QLDB's limit. */
const lifetimeMs = 30_000;

/** A document as a transaction has changed it. */
export interface PendingDocument {
  readonly id: string;
  /** Undefined once it is deleted. */
  readonly data: IonValue | undefined;
  /** The data in binary Ion. */
  readonly encoded: Buffer | undefined;
  /** How many values are in it, those inside others too. */
  readonly values: number;
  /** Indexes of the statements that changed it. */
  readonly statements: readonly number[];
}

/** A table as a transaction has made or changed it. */
export interface PendingDefinition {
  readonly definition: TableDefinition;
  readonly statements: readonly number[];
}

/** Counts of documents read and written, as QLDB charged for them. */
export interface IoUsage {
  readIOs: number;
  writeIOs: number;
}

/** One open transaction: its changes are its own until it commits. */
export class Transaction {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  /** After which block it began. */
  readonly startedAfter: number;
  readonly reads = new ReadSet();
  readonly statements: StatementInfo[] = [];
  /** Hashes of values that were computed already. */
  readonly hashes = new Map<IonValue, Buffer>();
  /** Changed documents by table id. */
  documents: ReadonlyMap<string, ReadonlyMap<string, PendingDocument>> = new Map();
  /** Changed table definitions by table id, with the statements that changed them. */
  definitions: ReadonlyMap<string, PendingDefinition> = new Map();
  /** What is to be erased; QLDB takes one a transaction. */
  redaction: Redaction | undefined;
  /** A statement of it was ended because it took too long. */
  overrun = false;
  private digestSoFar: Buffer;

  constructor(id: string, startTime: number, startedAfter: number) {
    this.id = id;
    this.startTime = startTime;
    this.startedAfter = startedAfter;
    this.digestSoFar = transactionDigest(id);
  }

  /** @param now milliseconds since 1970. @throws LedgerError InvalidSessionException where it is older than it may get */
  refuseExpired(now: number): void {
    if (this.expired(now)) throw new LedgerError("InvalidSessionException", `Transaction ${this.id} has expired`);
  }

  /**
   * To be asked while a statement runs: it ends alone, and its session goes on.
   * @param now milliseconds since 1970. @throws LedgerError BadRequestException where the transaction is older than it may get
   */
  refuseOverrun(now: number): void {
    if (!this.expired(now)) return;
    this.overrun = true;
    throw badRequest(`the statement was ended: its transaction ${this.id} is older than ${lifetimeMs / 1000} s`);
  }

  private expired(now: number): boolean {
    return now - this.startTime > lifetimeMs;
  }

  /** The commit digest of everything executed so far. */
  get digest(): Buffer {
    return this.digestSoFar;
  }

  /** Takes a statement into the digest: drivers do so before they send it, whatever becomes of it. @returns its index */
  begin(statement: StatementInfo): number {
    this.digestSoFar = dot(this.digestSoFar, statement.statementDigest);
    return this.statements.push(statement) - 1;
  }

  pending(tableId: string): ReadonlyMap<string, PendingDocument> | undefined {
    return this.documents.get(tableId);
  }

  /** Sets a document's data; undefined deletes it. @param encoded the data in binary Ion */
  write(tableId: string, id: string, data: IonValue | undefined, encoded: Buffer | undefined, statement: number): void {
    const table = this.documents.get(tableId);
    const before = table?.get(id)?.statements ?? [];
    const values = data === undefined ? 0 : countUpTo(data, Number.POSITIVE_INFINITY);
    const document = { id, data, encoded, values, statements: before.includes(statement) ? before : [...before, statement] };
    this.documents = new Map(this.documents).set(tableId, new Map(table).set(id, document));
  }

  define(definition: TableDefinition, statement: number): void {
    const before = this.definitions.get(definition.id)?.statements ?? [];
    this.definitions = new Map(this.definitions).set(definition.id, { definition, statements: [...before, statement] });
  }

  /** @returns what takes back all changes made from now on: a statement that fails half-way leaves none */
  savepoint(): () => void {
    const { documents, definitions, redaction } = this;
    return () => {
      this.documents = documents;
      this.definitions = definitions;
      this.redaction = redaction;
    };
  }

  /** Hashes the documents that no parameter was, step by step. @returns yields wherever others may have their turn */
  *hashSteps(): Generator<undefined, void> {
    for (const table of this.documents.values()) {
      for (const { data } of table.values()) {
        if (data !== undefined && !this.hashes.has(data)) this.hashes.set(data, yield* ionHashSteps(data));
      }
    }
  }

  /** How many values are in the documents that it changed, those inside others too. */
  get valueCount(): number {
    let count = 0;
    for (const table of this.documents.values()) for (const { values } of table.values()) count += values;
    return count;
  }

  /** How many documents it changed. */
  get documentCount(): number {
    let count = 0;
    for (const table of this.documents.values()) count += table.size;
    return count;
  }
}
