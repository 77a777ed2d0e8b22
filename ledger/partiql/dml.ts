import { writeBinary } from "../ion/binary-writer.ts";
import { depthOf, type IonValue, ionLimits, struct, text } from "../ion/value.ts";
import type { TableDefinition } from "../store/table.ts";
import { limits } from "../transaction/commit.ts";
import { badRequest } from "../transaction/errors.ts";
import type { Transaction } from "../transaction/transaction.ts";
import type { ChangeClause, Expression, Statement } from "./ast.ts";
import { compileExpression, type Execution } from "./compile-expression.ts";
import { activeTable, compileWay, findTarget, partAt, type Row } from "./dml-target.ts";
import { evaluationError, type Position, semanticError } from "./errors.ts";
import { type Key, withInserted, withPart } from "./paths.ts";
import { type Pause, pause } from "./pause.ts";
import { Scope } from "./scope.ts";
import { evaluated } from "./select.ts";
import { bagOf, toIon, type Value } from "./values.ts";

/** What a statement that writes works with. */
export interface Writing extends Execution {
  readonly transaction: Transaction;
  /** Index of the statement in its transaction. */
  readonly statement: number;
  readonly newId: () => string;
}

function documentRow(id: string): IonValue {
  return struct({ documentId: text(id) });
}

/** Writes a document within QLDB's limits. */
function write(table: TableDefinition, id: string, data: IonValue | undefined, writing: Writing): void {
  const { transaction } = writing;
  const depth = data === undefined ? 0 : depthOf(data);
  if (depth > ionLimits.depth) throw badRequest(`Document nesting ${depth} exceeds the limit of ${ionLimits.depth}`);
  const encoded = data && writeBinary(data);
  const size = encoded?.length ?? 0;
  if (size > limits.documentBytes) throw badRequest(`Document size ${size} exceeds the limit of ${limits.documentBytes} bytes`);
  if (transaction.pending(table.id)?.has(id) !== true && transaction.documentCount >= limits.documents) {
    throw badRequest(`Number of documents in a transaction exceeds the limit of ${limits.documents}`);
  }
  transaction.write(table.id, id, data, encoded, writing.statement);
  if (transaction.valueCount > limits.values) throw badRequest(`Number of values in a transaction exceeds the limit of ${limits.values}`);
}

/** INSERT INTO table: one document or several. @returns a row with the id of each */
export function* insert(statement: Extract<Statement, { kind: "insert" }>, writing: Writing): Generator<Pause, IonValue[]> {
  const table = activeTable(statement.table, writing);
  const value = yield* evaluated(inserted(statement.documents, writing), writing);
  const documents = statement.single ? [value] : documentsOf(value);
  if (documents.length === 0) throw semanticError(statement.documents.at, "INSERT INTO needs at least one document");
  const ready = documents.map((each) => {
    const document = toIon(each);
    if (document?.type === "struct") return document;
    throw semanticError(statement.documents.at, `a document has to be a struct, found a value of type ${each.type}`);
  });
  return ready.map((document) => {
    const id = writing.newId();
    write(table, id, document, writing);
    return documentRow(id);
  });
}

/** What is to be inserted: a query here is the outermost one, which sees tables. */
function inserted(documents: Expression, writing: Writing): () => Value {
  if (documents.kind !== "select") {
    const evaluate = compileExpression(documents, new Scope(), writing);
    return () => evaluate([]);
  }
  const rows = writing.select(documents.select, undefined);
  return () => bagOf([...rows([])]);
}

function documentsOf(value: Value): readonly Value[] {
  return value.type === "list" || value.type === "bag" ? value.items : [value];
}

/** DELETE FROM table. @returns a row with the id of each document */
export function* remove(statement: Extract<Statement, { kind: "delete" }>, writing: Writing): Generator<Pause, IonValue[]> {
  const { table, matched } = yield* findTarget(statement.from, statement.where, writing);
  return matched.map(({ document }) => {
    write(table, document.id, undefined, writing);
    return documentRow(document.id);
  });
}

/** UPDATE table … and FROM table … SET | INSERT INTO | REMOVE. @returns a row with the document's id for each change of each document */
export function* update(statement: Extract<Statement, { kind: "update" }>, writing: Writing): Generator<Pause, IonValue[]> {
  const { table, scope, sources, matched } = yield* findTarget(statement.from, statement.where, writing);
  const edits = statement.changes.map((change) => compileChange(change, scope, sources, writing));
  const changed: { readonly id: string; readonly data: IonValue | undefined; readonly made: number }[] = [];
  for (const { document, rows } of matched) {
    if (writing.tick()) yield pause;
    // Values are computed from the document as it was, whatever the order of the changes; the last rows come first, so that what is
    // removed from a list moves none of the items that are still to be changed.
    const ready: ReturnType<Edit>[][] = [];
    for (const row of rows.toReversed()) {
      if (writing.tick()) yield pause;
      ready.push(yield* evaluated(() => edits.map((edit) => edit(row)), writing));
    }
    const made = edits.filter((_, index) => ready.some((row) => row[index] !== undefined)).length;
    if (made === 0) continue;
    let data: IonValue | undefined = document.data;
    for (const apply of ready.flat()) {
      if (apply === undefined || data === undefined) continue;
      if (writing.tick()) yield pause;
      data = apply(data);
    }
    changed.push({ id: document.id, data, made });
  }
  return changed.flatMap(({ id, data, made }) => {
    if (data !== undefined && data.type !== "struct")
      throw evaluationError(statement.at, `a document has to stay a struct, found a value of type ${data.type}`);
    write(table, id, data, writing);
    return Array<IonValue>(made).fill(documentRow(id));
  });
}

/**
 * The change that a row asks for: gets the document, and gives it changed, undefined to delete it.
 * Undefined for a row in which the source to change has no value.
 */
type Edit = (row: Row) => ((data: IonValue) => IonValue | undefined) | undefined;

function compileChange(change: ChangeClause, scope: Scope, sources: ReadonlySet<number>, writing: Writing): Edit {
  const { at } = change;
  const ways = compileWay(change.target, scope, sources, writing);
  if (change.kind === "remove") {
    return (row) => {
      const way = ways(row);
      if (way === undefined) return undefined;
      if (way.length === 0) return () => undefined;
      return (data) => (partAt(data, way) === undefined ? data : withPart(data, way, () => undefined, at));
    };
  }
  const value = compileExpression(change.value, scope, writing);
  if (change.kind === "set") {
    return (row) => {
      const [way, content] = [ways(row), toIon(value(row.slots))];
      return way && ((data) => withPart(data, way, () => content, at));
    };
  }
  const index = change.index && compileExpression(change.index, scope, writing);
  return (row) => {
    const [way, content, place] = [ways(row), value(row.slots), index?.(row.slots)];
    const key = place && keyOf(place, at);
    const items = (change.each ? documentsOf(content) : [content]).flatMap((item) => toIon(item) ?? []);
    return way && ((data) => items.reduce((before, item) => withPart(before, way, (part) => withInserted(part, item, key, at), at), data));
  };
}

/** Where AT puts something: at a number in a list, at a name in a struct. */
function keyOf(place: Value, at: Position): Key {
  if (place.type === "int") return Number(place.value);
  if ((place.type === "string" || place.type === "symbol") && place.value !== null) return place.value;
  throw evaluationError(at, `AT needs a number or a name, found a value of type ${place.type}`);
}
