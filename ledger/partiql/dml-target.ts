import { type IonValue, int, text } from "../ion/value.ts";
import type { TableDefinition } from "../store/table.ts";
import type { Document } from "../transaction/view.ts";
import type { Expression, FromItem, TableName } from "./ast.ts";
import { compileExpression, type Execution, type Slots } from "./compile-expression.ts";
import { evaluationError, noSuchVariable, semanticError } from "./errors.ts";
import { isTrue } from "./operators.ts";
import type { Key } from "./paths.ts";
import { type Pause, pause } from "./pause.ts";
import { chooseAccess, conjuncts } from "./plan.ts";
import { Scope } from "./scope.ts";

/** A row that a statement changes: a document, or a part of it that a nested source reached. */
export interface Row {
  readonly slots: Slots;
  /** The way from the document to the value of each source, by its slot. */
  readonly ways: ReadonlyMap<number, readonly Key[]>;
}

export interface Matched {
  readonly document: Document;
  /** At least one. */
  readonly rows: readonly Row[];
}

/** What a DML statement is about. */
export interface Target {
  readonly table: TableDefinition;
  readonly scope: Scope;
  /** Slots of the sources: only what they stand for can be changed. */
  readonly sources: ReadonlySet<number>;
  readonly matched: readonly Matched[];
}

/** A source within the document: the items of a list that a path leads to. */
interface Nested {
  readonly slot: number;
  readonly atSlot: number | undefined;
  readonly way: (row: Row) => readonly Key[];
}

/** @throws LedgerError where there is no such active table */
export function activeTable({ name, at }: TableName, { view }: Execution): TableDefinition {
  const table = view.table(name);
  if (table === undefined) throw noSuchVariable(at, name);
  return table;
}

/**
 * Finds all rows before the first is changed: a statement does not see its own changes.
 * @param from the table, then collections nested in its documents: `T AS t, t.list AS item`
 */
export function* findTarget(from: readonly FromItem[], where: Expression | undefined, execution: Execution): Generator<Pause, Target> {
  const [first, ...rest] = from;
  const name = first?.source.kind === "expression" ? first.source.expression : undefined;
  if (first === undefined || name?.kind !== "name") throw semanticError(first?.at ?? { line: 1, column: 1 }, "only a table can be changed");
  const table = activeTable({ name: name.name, byId: false, at: name.at }, execution);
  const scope = new Scope();
  const slot = execution.slot();
  scope.bind(first.as ?? name.name, slot);
  scope.addSource(slot);
  const idSlot = first.by === undefined ? undefined : execution.slot();
  if (first.by !== undefined && idSlot !== undefined) scope.bind(first.by, idSlot);
  const sources = new Set([slot]);
  const nested = rest.map((item) => prepareNested(item, scope, sources, execution));
  const conditions = [where, ...rest.map(({ on }) => on)].flatMap(conjuncts);
  const tests = conditions.map((condition) => compileExpression(condition, scope, execution));
  const matched: Matched[] = [];
  for (const document of documents(table, slot, idSlot, conditions, scope, execution)) {
    if (execution.tick()) yield pause;
    const slots: Slots = [];
    slots[slot] = document.data;
    if (idSlot !== undefined) slots[idSlot] = text(document.id);
    const all = nested.reduce<readonly Row[]>(
      (rows, source) => rows.flatMap((row) => unnested(source, row, document.data)),
      [{ slots, ways: new Map([[slot, []]]) }],
    );
    const rows = all.filter((row) => tests.every((test) => isTrue(test(row.slots))));
    if (rows.length > 0) matched.push({ document, rows });
  }
  return { table, scope, sources, matched };
}

function documents(
  table: TableDefinition,
  slot: number,
  idSlot: number | undefined,
  conditions: readonly Expression[],
  scope: Scope,
  execution: Execution,
): Iterable<Document> {
  const access = chooseAccess({ table, slot, idSlot, dataPath: [], idPath: undefined }, conditions, new Set(), scope, execution);
  const { view } = execution;
  if (access.kind === "id") return view.byId(table, access.ids([]));
  return access.kind === "index" ? view.byKey(table, access.field, access.keys([])) : view.scan(table);
}

function prepareNested(item: FromItem, scope: Scope, sources: Set<number>, execution: Execution): Nested {
  const { source } = item;
  if (source.kind !== "expression" || item.by !== undefined)
    throw semanticError(item.at, "behind the table of a change stand collections nested in its documents, such as t.list");
  const { expression } = source;
  if (expression.kind === "name" && expression.local !== true && execution.view.table(expression.name) !== undefined)
    throw semanticError(item.at, `a statement changes one table alone, '${expression.name}' is another`);
  const way = compileWay(expression, scope, sources, execution);
  const slot = execution.slot();
  const last = expression.kind === "path" ? expression.steps.at(-1) : undefined;
  const name = item.as ?? (last?.kind === "field" ? last.name : undefined);
  if (name !== undefined) scope.bind(name, slot);
  const atSlot = item.atName === undefined ? undefined : execution.slot();
  if (item.atName !== undefined && atSlot !== undefined) scope.bind(item.atName, atSlot);
  scope.addSource(slot);
  sources.add(slot);
  return { slot, atSlot, way };
}

function unnested({ slot, atSlot, way }: Nested, row: Row, data: IonValue): Row[] {
  const keys = way(row);
  const value = partAt(data, keys);
  if (value === undefined || value.type === "null") return [];
  const items = value.type === "list" || value.type === "sexp" ? value.items : undefined;
  return (items ?? [value]).map((item, index) => {
    const slots = [...row.slots];
    slots[slot] = item;
    if (atSlot !== undefined) slots[atSlot] = int(index);
    return { slots, ways: new Map([...row.ways, [slot, items === undefined ? keys : [...keys, index]]]) };
  });
}

/** The way from a document to the part that a path of names leads to. @throws LedgerError for a path that does not begin at a source */
export function compileWay(
  target: Expression,
  scope: Scope,
  sources: ReadonlySet<number>,
  execution: Execution,
): (row: Row) => readonly Key[] {
  const [root, steps] = target.kind === "path" ? [target.root, target.steps] : [target, []];
  if (root.kind !== "name") throw semanticError(target.at, "expected a path of names");
  const binding = scope.resolve(root.name, root.at);
  if (!sources.has(binding.slot)) throw semanticError(root.at, `'${root.name}' cannot be changed`);
  const first: readonly Key[] = binding.field === undefined ? [] : [binding.field];
  const rest = steps.map((step) => {
    if (step.kind === "field") return () => step.name;
    if (step.kind !== "index") throw semanticError(step.at, "a change is to one part: no * in its path");
    const index = compileExpression(step.index, scope, execution);
    return (slots: Slots): Key => {
      const key = index(slots);
      if (key.type === "int") return Number(key.value);
      if (key.type === "string") return key.value;
      throw evaluationError(step.at, `an index has to be a number or a text, found a value of type ${key.type}`);
    };
  });
  return ({ slots, ways }) => [...(ways.get(binding.slot) ?? []), ...first, ...rest.map((step) => step(slots))];
}

/** @returns undefined where the way leads nowhere */
export function partAt(value: IonValue | undefined, way: readonly Key[]): IonValue | undefined {
  let part: IonValue | undefined = value;
  for (const key of way) {
    if (typeof key === "string") part = part?.type === "struct" ? part.fields.find(({ name }) => name === key)?.value : undefined;
    else part = part?.type === "list" || part?.type === "sexp" ? part.items[key] : undefined;
  }
  return part;
}
