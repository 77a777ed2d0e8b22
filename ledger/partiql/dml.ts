import { writeBinary } from "../ion/binary-writer.ts";
import { depthOf, type IonValue, ionLimits, struct, text } from "../ion/value.ts";
import type { TableDefinition } from "../store/table.ts";
import { limits } from "../transaction/commit.ts";
import { badRequest } from "../transaction/errors.ts";
import type { Transaction } from "../transaction/transaction.ts";
import type { Document } from "../transaction/view.ts";
import type { Change, Expression, FromItem, Statement, TableName, Value } from "./ast.ts";
import { compileExpression, type Execution, type Slots } from "./compile-expression.ts";
import { evaluationError, noSuchVariable, semanticError } from "./errors.ts";
import { isTrue } from "./operators.ts";
import { type Key, withInserted, withPart } from "./paths.ts";
import { type Pause, pause } from "./pause.ts";
import { chooseAccess, conjuncts } from "./plan.ts";
import { Scope } from "./scope.ts";

/** What a statement that writes works with. */
export interface Writing extends Execution {
  readonly transaction: Transaction;
  /** Index of the statement in its transaction. */
  readonly statement: number;
  readonly newId: () => string;
}

function activeTable({ name, at }: TableName, { view }: Execution): TableDefinition {
  const table = view.table(name);
  if (table === undefined) throw noSuchVariable(at, name);
  return table;
}

function documentRow(id: string): IonValue {
  return struct({ documentId: text(id) });
}

/** Writes a document within QLDB's limits. */
function write(table: TableDefinition, id: string, data: IonValue | undefined, writing: Writing): void {
  const { transaction } = writing;
  if (data !== undefined) {
    const depth = depthOf(data);
    if (depth > ionLimits.depth) throw badRequest(`Document nesting ${depth} exceeds the limit of ${ionLimits.depth}`);
    const size = writeBinary(data).length;
    if (size > limits.documentBytes) throw badRequest(`Document size ${size} exceeds the limit of ${limits.documentBytes} bytes`);
  }
  if (transaction.pending(table.id)?.has(id) !== true && transaction.documentCount >= limits.documents) {
    throw badRequest(`Number of documents in a transaction exceeds the limit of ${limits.documents}`);
  }
  transaction.write(table.id, id, data, writing.statement);
}

/** INSERT INTO table: one document or several. @returns a row with the id of each */
export function insert(statement: Extract<Statement, { kind: "insert" }>, writing: Writing): IonValue[] {
  const table = activeTable(statement.table, writing);
  const value = compileExpression(statement.documents, new Scope(), writing)([]);
  const documents: readonly Value[] = !statement.single && value.type === "list" ? value.items : [value];
  for (const document of documents) {
    if (document.type !== "struct")
      throw semanticError(statement.documents.at, `a document has to be a struct, found a value of type ${document.type}`);
  }
  return documents.map((document) => {
    const id = writing.newId();
    if (document.type !== "missing") write(table, id, document, writing);
    return documentRow(id);
  });
}

/** The rows of a table that a DML statement is about, with the names bound to each. */
interface Matched {
  readonly document: Document;
  readonly slots: Slots;
}

interface Target {
  readonly table: TableDefinition;
  readonly scope: Scope;
  readonly slot: number;
  readonly matched: readonly Matched[];
}

/** All rows are found before the first is changed: a statement does not see its own changes. */
function* findTarget(from: FromItem, where: Expression | undefined, writing: Writing): Generator<Pause, Target> {
  const { source } = from;
  if (source.kind !== "expression" || source.expression.kind !== "name") throw semanticError(from.at, "only a table can be changed");
  const table = activeTable({ name: source.expression.name, byId: false, at: source.expression.at }, writing);
  const scope = new Scope();
  const slot = writing.slot();
  scope.bind(from.as ?? source.expression.name, slot);
  scope.addSource(slot);
  const idSlot = from.by === undefined ? undefined : writing.slot();
  if (from.by !== undefined && idSlot !== undefined) scope.bind(from.by, idSlot);
  const conditions = conjuncts(where);
  const access = chooseAccess({ table, slot, idSlot, dataPath: [], idPath: undefined }, conditions, new Set(), scope, writing);
  const tests = conditions.map((condition) => compileExpression(condition, scope, writing));
  const { view } = writing;
  const documents =
    access.kind === "id"
      ? view.byId(table, access.ids([]))
      : access.kind === "index"
        ? view.byKey(table, access.field, access.keys([]))
        : view.scan(table);
  const matched: Matched[] = [];
  for (const document of documents) {
    if (writing.tick()) yield pause;
    const slots: Slots = [];
    slots[slot] = document.data;
    if (idSlot !== undefined) slots[idSlot] = text(document.id);
    if (tests.every((test) => isTrue(test(slots)))) matched.push({ document, slots });
  }
  return { table, scope, slot, matched };
}

/** DELETE FROM table. @returns a row with the id of each document */
export function* remove(statement: Extract<Statement, { kind: "delete" }>, writing: Writing): Generator<Pause, IonValue[]> {
  const { table, matched } = yield* findTarget(statement.from, statement.where, writing);
  return matched.map(({ document }) => {
    write(table, document.id, undefined, writing);
    return documentRow(document.id);
  });
}

/** UPDATE table … and FROM table … SET | INSERT INTO | REMOVE. @returns a row with the id of each document */
export function* update(statement: Extract<Statement, { kind: "update" }>, writing: Writing): Generator<Pause, IonValue[]> {
  const { table, scope, slot, matched } = yield* findTarget(statement.from, statement.where, writing);
  const edits = statement.changes.map((change) => compileChange(change, scope, slot, writing));
  const changed = matched.map(({ document, slots }) => {
    // Values are computed from the document as it was, whatever the order of the changes.
    const ready = edits.map((edit) => edit(slots));
    return { id: document.id, data: ready.reduce<IonValue>((data, apply) => apply(data), document.data) };
  });
  return changed.map(({ id, data }) => {
    if (data.type !== "struct")
      throw evaluationError(statement.from.at, `a document has to stay a struct, found a value of type ${data.type}`);
    write(table, id, data, writing);
    return documentRow(id);
  });
}

type Edit = (slots: Slots) => (data: IonValue) => IonValue;

function compileChange(change: Change, scope: Scope, slot: number, writing: Writing): Edit {
  const { at } = change;
  const keys = compileKeys(change.target, scope, slot, writing);
  if (change.kind === "remove") {
    return (slots) => {
      const way = keys(slots);
      return (data) => (hasPart(data, way) ? withPart(data, way, () => undefined, at) : data);
    };
  }
  const value = compileExpression(change.value, scope, writing);
  if (change.kind === "set") {
    return (slots) => {
      const [way, content] = [keys(slots), value(slots)];
      return (data) => withPart(data, way, () => (content.type === "missing" ? undefined : content), at);
    };
  }
  const index = change.index && compileExpression(change.index, scope, writing);
  return (slots) => {
    const [way, content, place] = [keys(slots), value(slots), index?.(slots)];
    if (place !== undefined && place.type !== "int") throw evaluationError(at, "AT needs a number");
    if (content.type === "missing") return (data) => data;
    return (data) => withPart(data, way, (list) => withInserted(list, content, place && Number(place.value), at), at);
  };
}

/** The way from the document to the part that a change names. */
function compileKeys(target: Expression, scope: Scope, slot: number, writing: Writing): (slots: Slots) => Key[] {
  const [root, steps] = target.kind === "path" ? [target.root, target.steps] : [target, []];
  if (root.kind !== "name") throw semanticError(target.at, "expected a path of names");
  const binding = scope.resolve(root.name, root.at);
  if (binding.slot !== slot) throw semanticError(root.at, `'${root.name}' cannot be changed`);
  const first: Key[] = binding.field === undefined ? [] : [binding.field];
  const rest = steps.map((step) => {
    if (step.kind === "field") return () => step.name;
    if (step.kind !== "index") throw semanticError(step.at, "a change is to one part: no * in its path");
    const index = compileExpression(step.index, scope, writing);
    return (slots: Slots): Key => {
      const key = index(slots);
      if (key.type === "int") return Number(key.value);
      if (key.type === "string") return key.value;
      throw evaluationError(step.at, `an index has to be a number or a text, found a value of type ${key.type}`);
    };
  });
  return (slots) => [...first, ...rest.map((step) => step(slots))];
}

function hasPart(value: IonValue | undefined, way: readonly Key[]): boolean {
  let part: IonValue | undefined = value;
  for (const key of way) {
    if (typeof key === "string") part = part?.type === "struct" ? part.fields.find(({ name }) => name === key)?.value : undefined;
    else part = part?.type === "list" || part?.type === "sexp" ? part.items[key] : undefined;
  }
  return part !== undefined;
}
