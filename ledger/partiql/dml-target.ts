import { type IonValue, int, text } from "../ion/value.ts";
import type { TableDefinition } from "../store/table.ts";
import type { Document } from "../transaction/view.ts";
import { type Expression, type FromItem, ownName, type Step, type TableName } from "./ast.ts";
import { compileExpression, type Execution } from "./compile-expression.ts";
import { evaluationError, noSuchVariable, semanticError } from "./errors.ts";
import type { Key } from "./paths.ts";
import { type Pause, pause } from "./pause.ts";
import { chooseAccess, conjuncts, documentsBy } from "./plan.ts";
import { Scope } from "./scope.ts";
import { evaluated, tests } from "./select.ts";
import { missing, type Slots } from "./values.ts";

/** A row that a statement changes: a document, or a part of it that a nested source reached. */
export interface Row {
  readonly slots: Slots;
  /** The way from the document to the value of each source that has one, by its slot. */
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

/** A source within the document: the items of a list that a path leads to, or all that one with `[*]` or `.*` does. */
interface Nested {
  readonly slot: number;
  readonly atSlot: number | undefined;
  readonly many: boolean;
  /** Undefined where the source that the path begins at has no value. */
  readonly ways: (row: Row, data: IonValue) => readonly (readonly Key[])[] | undefined;
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
  scope.addSource({ slot, hidden: first.as === undefined || first.as === name.name ? undefined : name.name });
  const idSlot = first.by === undefined ? undefined : execution.slot();
  if (first.by !== undefined && idSlot !== undefined) scope.bind(first.by, idSlot);
  const sources = new Set([slot]);
  const nested = rest.map((item) => prepareNested(item, scope, sources, execution));
  const conditions = [where, ...rest.map(({ on }) => on)].flatMap(conjuncts);
  const access = chooseAccess({ table, slot, idSlot, dataPath: [], idPath: undefined }, conditions, new Set(), scope, execution);
  const conditioned = tests(conditions, access.lookups, scope, execution);
  const matched: Matched[] = [];
  for (const document of documentsBy(access, table, [], execution.view)) {
    if (execution.tick()) yield pause;
    const slots: Slots = [];
    slots[slot] = document.data;
    if (idSlot !== undefined) slots[idSlot] = text(document.id);
    const held = execution.budget.mark();
    const all = yield* rowsWithin(document.data, { slots, ways: new Map([[slot, []]]) }, nested, execution);
    const rows: Row[] = [];
    for (const row of all) {
      if (execution.tick()) yield pause;
      if (yield* evaluated(() => conditioned.every((passed) => passed(row.slots)), execution)) rows.push(row);
    }
    execution.budget.release(held);
    if (rows.length === 0) continue;
    execution.budget.holdRows(rows.length);
    execution.budget.hold(document.data);
    matched.push({ document, rows });
  }
  return { table, scope, sources, matched };
}

/** All rows that nested sources make of a document: as many as their collections have items, times each other. */
function* rowsWithin(data: IonValue, first: Row, nested: readonly Nested[], execution: Execution): Generator<Pause, readonly Row[]> {
  const { budget, tick } = execution;
  let found: readonly Row[] = [first];
  for (const source of nested) {
    const further: Row[] = [];
    for (const row of found) {
      if (tick()) yield pause;
      const rows = yield* evaluated(() => unnested(source, row, data), execution);
      budget.holdRows(rows.length);
      for (const each of rows) further.push(each);
    }
    found = further;
  }
  return found;
}

function prepareNested(item: FromItem, scope: Scope, sources: Set<number>, execution: Execution): Nested {
  const { source } = item;
  if (source.kind !== "expression" || item.by !== undefined)
    throw semanticError(item.at, "behind the table of a change stand collections nested in its documents, such as t.list");
  const { expression } = source;
  if (expression.kind === "name" && expression.local !== true && execution.view.table(expression.name) !== undefined)
    throw semanticError(item.at, `a statement changes one table alone, '${expression.name}' is another`);
  const { steps } = split(expression);
  const start = compileWay(
    { ...expression, ...(expression.kind === "path" && { steps: steps.slice(0, manyAt(steps)) }) },
    scope,
    sources,
    execution,
  );
  const further = steps.slice(manyAt(steps)).map((step) => spreading(step, scope, execution));
  const slot = execution.slot();
  const name = item.as ?? ownName(expression);
  if (name !== undefined) scope.bind(name, slot);
  const atSlot = item.atName === undefined ? undefined : execution.slot();
  if (item.atName !== undefined && atSlot !== undefined) scope.bind(item.atName, atSlot);
  scope.addSource({ slot });
  sources.add(slot);
  const ways: Nested["ways"] = (row, data) => {
    const first = start(row);
    return (
      first && further.reduce<readonly (readonly Key[])[]>((found, step) => found.flatMap((way) => step(way, data, row.slots)), [first])
    );
  };
  return { slot, atSlot, many: further.length > 0, ways };
}

/** Where a path's steps begin to lead to many parts. */
function manyAt(steps: readonly Step[]): number {
  const first = steps.findIndex(({ kind }) => kind === "items" || kind === "values");
  return first < 0 ? steps.length : first;
}

type Spreading = (way: readonly Key[], data: IonValue, slots: Slots) => readonly (readonly Key[])[];

/** A step from one way to those that it leads on to. */
function spreading(step: Step, scope: Scope, execution: Execution): Spreading {
  if (step.kind === "items" || step.kind === "values") {
    return (way, data) => {
      const part = partAt(data, way);
      if (step.kind === "values" && part === undefined) return [];
      if (step.kind === "values" && part?.type === "struct") return part.fields.map(({ name }) => [...way, name ?? ""]);
      return step.kind === "items" && part?.type === "list" ? part.items.map((_, index) => [...way, index]) : [way];
    };
  }
  const key = compileKey(step, scope, execution);
  return (way, _data, slots) => [[...way, key(slots)]];
}

/** The rows of a nested source: one without a value where there is none, as in a SELECT; that one has no way to change. */
function unnested({ slot, atSlot, many, ways }: Nested, row: Row, data: IonValue): Row[] {
  const rows = (ways(row, data) ?? [undefined]).flatMap((keys): { value: IonValue | undefined; keys: readonly Key[] }[] => {
    if (keys === undefined) return [{ value: undefined, keys: [] }];
    const value = partAt(data, keys);
    if (many || value?.type !== "list") return [{ value, keys }];
    return value.items.map((item, index) => ({ value: item, keys: [...keys, index] }));
  });
  return rows.map(({ value, keys }) => {
    const slots = [...row.slots];
    slots[slot] = value ?? missing;
    const place = keys.at(-1);
    if (atSlot !== undefined) slots[atSlot] = value === undefined || typeof place !== "number" ? missing : int(place);
    const present = value !== undefined && value.type !== "null";
    return { slots, ways: present ? new Map([...row.ways, [slot, keys]]) : row.ways };
  });
}

function split(target: Expression): { root: Expression; steps: readonly Step[] } {
  return target.kind === "path" ? target : { root: target, steps: [] };
}

/**
 * The way from a document to the part that a path of names leads to.
 * @returns for a row, undefined where the source that the path begins at has no value
 * @throws LedgerError for a path that does not begin at a source
 */
export function compileWay(
  target: Expression,
  scope: Scope,
  sources: ReadonlySet<number>,
  execution: Execution,
): (row: Row) => readonly Key[] | undefined {
  const { root, steps } = split(target);
  if (root.kind !== "name") throw semanticError(target.at, "expected a path of names");
  const binding = scope.resolve(root.name, root.at);
  if (!sources.has(binding.slot)) throw semanticError(root.at, `'${root.name}' cannot be changed`);
  const first: readonly Key[] = binding.field === undefined ? [] : [binding.field];
  const rest = steps.map((step) => compileKey(step, scope, execution));
  return ({ slots, ways }) => {
    const start = ways.get(binding.slot);
    return start && [...start, ...first, ...rest.map((step) => step(slots))];
  };
}

function compileKey(step: Step, scope: Scope, execution: Execution): (slots: Slots) => Key {
  if (step.kind === "field") return () => step.name;
  if (step.kind !== "index") throw semanticError(step.at, "a change is to one part: no * in its path");
  const index = compileExpression(step.index, scope, execution);
  return (slots) => {
    const key = index(slots);
    if (key.type === "int") return Number(key.value);
    if (key.type === "string") return key.value;
    throw evaluationError(step.at, `an index has to be a number or a text, found a value of type ${key.type}`);
  };
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
