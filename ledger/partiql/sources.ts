import { epochMilliseconds } from "../ion/timestamp.ts";
import { text } from "../ion/value.ts";
import { revisionValue } from "../store/revision.ts";
import type { TableDefinition } from "../store/table.ts";
import { type Expression, type FromItem, ownName, type TableName } from "./ast.ts";
import { compileExpression, type Execution } from "./compile-expression.ts";
import { evaluationError, noSuchVariable, semanticError } from "./errors.ts";
import { literalFields, viewFields } from "./known-fields.ts";
import { type Access, chooseAccess, documentsBy, type TableAccess } from "./plan.ts";
import type { NamedSource, Scope } from "./scope.ts";
import { fieldsWithin, isMany, itemsWithin, type Placed, walkAll } from "./steps.ts";
import { type Evaluate, missing, type Slots, type Value } from "./values.ts";

/** A source made ready: fills its slots with one row after the other. */
export interface Rows {
  /** What it reads and how, for people. */
  readonly plan: string;
  /** Conditions that come before all others, where there are any. */
  readonly lookups?: ReadonlySet<Expression>;
  readonly rows: (slots: Slots) => Iterable<unknown>;
  /** How many rows there are, where that is known without looking at them. */
  readonly count?: (() => number) | undefined;
}

const committedPrefix = "_ql_committed_";

type Open = (conditions: readonly Expression[], bound: ReadonlySet<number>) => Rows;

/** A source whose names are bound, and which can choose its access once all names of its FROM are. */
export interface PreparedSource {
  readonly slots: readonly number[];
  /** What `*` shows: the rows' own fields, then what AT and BY name. */
  readonly shown: readonly { readonly slot: number; readonly name: string | undefined }[];
  readonly open: Open;
}

/** What a kind of source is: how it is opened, and what names can mean of it. */
interface Kind extends Omit<NamedSource, "slot"> {
  readonly open: Open;
}

/** Binds the names of a FROM item. @throws LedgerError for tables that there are not */
export function prepareSource(item: FromItem, scope: Scope, execution: Execution): PreparedSource {
  const slot = execution.slot();
  const atSlot = item.atName === undefined ? undefined : execution.slot();
  const bySlot = item.by === undefined ? undefined : execution.slot();
  const slots: SourceSlots = { slot, atSlot, bySlot };
  const { open, ...known } = tableSource(item, slots, scope, execution) ?? valueSource(item, slots, scope, execution);
  const name = item.as ?? defaultName(item);
  if (name !== undefined) scope.bind(name, slot);
  const placed = [
    { slot: atSlot, name: item.atName },
    { slot: bySlot, name: item.by },
  ].flatMap((each) => (each.slot === undefined || each.name === undefined ? [] : [{ slot: each.slot, name: each.name }]));
  for (const each of placed) scope.bind(each.name, each.slot);
  scope.addSource({ slot, ...known });
  const shown = [{ slot, name: undefined }, ...placed];
  return { slots: shown.map((each) => each.slot), shown, open };
}

interface SourceSlots {
  readonly slot: number;
  readonly atSlot: number | undefined;
  readonly bySlot: number | undefined;
}

/** A source without AS is known by its last name. */
function defaultName({ source }: FromItem): string | undefined {
  if (source.kind === "history") return source.table.byId ? undefined : source.table.name;
  return ownName(source.expression);
}

function tableSource(item: FromItem, slots: SourceSlots, scope: Scope, execution: Execution): Kind | undefined {
  const { source } = item;
  if (source.kind === "history") {
    refuseInSubquery(source.table.at, `history(${source.table.name})`, scope);
    return { open: historySource(source, slots, scope, execution), fields: viewFields.history };
  }
  if (source.kind !== "expression") return undefined;
  const { expression } = source;
  if (isCatalog(expression) && scope.variable("information_schema") === undefined) {
    refuseInSubquery(expression.at, "information_schema.user_tables", scope);
    return { open: () => catalogRows(slots, execution), fields: viewFields.catalog };
  }
  if (expression.kind === "path") return documentPathSource(expression, slots, scope, execution);
  if (expression.kind !== "name" || expression.local === true) return undefined;
  const found = namedTable(expression.name, execution);
  // A table comes before a variable of its name, where tables are seen at all.
  if (scope.variable(expression.name) !== undefined && (found === undefined || scope.parent !== undefined)) return undefined;
  if (found === undefined) throw noSuchVariable(expression.at, expression.name);
  refuseInSubquery(expression.at, expression.name, scope);
  const { table, committed } = found;
  const hidden = item.as === undefined || item.as === expression.name ? undefined : expression.name;
  const tableAccess: TableAccess = {
    table,
    slot: slots.slot,
    idSlot: slots.bySlot,
    dataPath: committed ? ["data"] : [],
    idPath: committed ? ["metadata", "id"] : undefined,
  };
  const open: Open = (conditions, bound) => {
    const access = chooseAccess(tableAccess, conditions, bound, scope, execution);
    return {
      plan: `${expression.name}: ${describeAccess(access)}`,
      lookups: access.lookups,
      count: access.kind === "scan" ? () => execution.view.count(table) : undefined,
      *rows(values) {
        for (const document of documentsBy(access, table, values, execution.view)) {
          fill(values, slots, committed ? execution.view.committed(document) : document.data, document.id);
          yield undefined;
        }
      },
    };
  };
  return { open, hidden, fields: committed ? viewFields.committed : undefined };
}

function namedTable(name: string, { view }: Execution): { table: TableDefinition; committed: boolean } | undefined {
  const committed = name.startsWith(committedPrefix);
  const table = view.table(committed ? name.slice(committedPrefix.length) : name);
  return table && { table, committed };
}

/** https://docs.aws.amazon.com/qldb/latest/developerguide/ql-reference.select.html#ql-reference.select.subqueries */
function refuseInSubquery(at: FromItem["at"], name: string, scope: Scope): void {
  if (scope.parent === undefined) return;
  throw semanticError(at, `No such variable named '${name}': a subquery sees no tables, the outermost query alone does`);
}

function catalogRows(slots: SourceSlots, execution: Execution): Rows {
  return {
    plan: "information_schema.user_tables: scan",
    *rows(values) {
      for (const row of execution.view.catalog()) {
        fill(values, slots, row, undefined);
        yield undefined;
      }
    },
  };
}

type Path = Extract<Expression, { kind: "path" }>;

/** A path that begins at a table, such as `T[*].items[*]`: what it leads to in each document. */
function documentPathSource({ root, steps }: Path, slots: SourceSlots, scope: Scope, execution: Execution): Kind | undefined {
  if (root.kind !== "name" || root.local === true || scope.variable(root.name) !== undefined) return undefined;
  const found = namedTable(root.name, execution);
  if (found === undefined) return undefined;
  refuseInSubquery(root.at, root.name, scope);
  const [first, ...rest] = steps;
  if (first?.kind !== "items")
    throw semanticError(root.at, `'${root.name}' is a table: a path into its documents begins with ${root.name}[*]`);
  const { table, committed } = found;
  const all = walkAll(rest, (each) => compileExpression(each, scope, execution));
  const open: Open = () => ({
    plan: `${root.name}: scan`,
    *rows(values) {
      for (const document of execution.view.scan(table)) {
        const value = committed ? execution.view.committed(document) : document.data;
        for (const each of all({ value, place: missing }, values)) {
          fill(values, slots, each.value, document.id, placeAfter(steps, each));
          yield undefined;
        }
      }
    },
  });
  return { open };
}

/** Where a value was found, for AT: told only where the last step chose it among others. */
function placeAfter(steps: Path["steps"], { place }: Placed): Value {
  const last = steps.at(-1)?.kind;
  return last === "items" || last === "values" ? place : missing;
}

function describeAccess(access: Access): string {
  if (access.kind === "index") return `index on ${access.field}`;
  return access.kind === "id" ? "document id" : "scan";
}

function isCatalog(expression: Expression): boolean {
  if (expression.kind !== "path" || expression.root.kind !== "name" || expression.root.name !== "information_schema") return false;
  const [step, ...rest] = expression.steps;
  return rest.length === 0 && step?.kind === "field" && step.name === "user_tables";
}

type History = Extract<FromItem["source"], { kind: "history" }>;

function historySource(source: History, slots: SourceSlots, scope: Scope, execution: Execution): Open {
  const table = tableNamed(source.table, execution);
  const [start, end] = [source.start, source.end].map((each) => each && compileExpression(each, scope, execution));
  const tableAccess: TableAccess = { table, slot: slots.slot, idSlot: slots.bySlot, dataPath: ["data"], idPath: ["metadata", "id"] };
  return (conditions, bound) => {
    const access = chooseAccess({ ...tableAccess, table: { ...table, indexes: [] } }, conditions, bound, scope, execution);
    return {
      plan: `history(${source.table.name}): ${describeAccess(access)}`,
      lookups: access.lookups,
      *rows(values) {
        const window = windowOf(source, start?.(values), end?.(values), execution.now);
        const ids = access.kind === "id" ? access.ids(values) : undefined;
        for (const revision of execution.view.history(table, ids, window)) {
          fill(values, slots, revisionValue(revision), revision.metadata.id);
          yield undefined;
        }
      },
    };
  };
}

function tableNamed({ name, byId, at }: TableName, { view }: Execution): TableDefinition {
  const table = byId ? view.tableById(name) : view.table(name);
  if (table === undefined) throw noSuchVariable(at, name);
  return table;
}

/** Both bounds count, both lie in the past. https://docs.aws.amazon.com/qldb/latest/developerguide/working.history.html */
function windowOf(source: History, start: Value | undefined, end: Value | undefined, now: number): { start: number; end: number } {
  const { at } = source.table;
  const moment = (value: Value | undefined, which: string): number | undefined => {
    if (value === undefined) return undefined;
    if (value.type !== "timestamp") throw semanticError(at, `the bounds of a history are timestamps, found a value of type ${value.type}`);
    const found = epochMilliseconds(value);
    if (found <= now) return found;
    throw evaluationError(at, `the ${which} of a history must not lie in the future: it is ${shown(found)}, now is ${shown(now)}`);
  };
  const window = { start: moment(start, "start") ?? Number.NEGATIVE_INFINITY, end: moment(end, "end") ?? Number.POSITIVE_INFINITY };
  if (window.start > window.end)
    throw evaluationError(at, `the start of a history, ${shown(window.start)}, lies behind its end, ${shown(window.end)}`);
  return window;
}

function shown(ms: number): string {
  return new Date(ms).toISOString();
}

/** Lists and bags give their items, structs under UNPIVOT their fields, anything else itself, be it absent. */
function valueSource(item: FromItem, slots: SourceSlots, scope: Scope, execution: Execution): Kind {
  const { source } = item;
  if (source.kind === "history") throw new Error("history is a table");
  const placed = placedRows(source, scope, execution);
  if (item.by !== undefined) throw semanticError(item.at, "BY is allowed for tables only");
  const open: Open = () => ({
    plan: "values",
    *rows(values) {
      for (const { value, place } of placed(values)) {
        fill(values, slots, value, undefined, place);
        yield undefined;
      }
    },
  });
  return { open, fields: source.kind === "unpivot" ? undefined : literalFields(source.expression) };
}

type ValueSource = Exclude<FromItem["source"], History>;

function placedRows({ kind, expression }: ValueSource, scope: Scope, execution: Execution): (slots: Slots) => Iterable<Placed> {
  const compile = (each: Expression) => compileExpression(each, scope, execution);
  if (kind === "expression" && expression.kind === "path" && isMany(expression.steps)) {
    const [root, all] = [compile(expression.root), walkAll(expression.steps, compile)];
    return (slots) =>
      all({ value: root(slots), place: missing }, slots).map((each) => ({ ...each, place: placeAfter(expression.steps, each) }));
  }
  if (kind === "expression" && expression.kind === "select") {
    const rows = execution.select(expression.select, scope);
    return function* (slots) {
      for (const value of rows(slots)) yield { value, place: missing };
    };
  }
  const evaluate: Evaluate = compile(expression);
  if (kind === "unpivot") return (slots) => fieldsWithin(evaluate(slots)).filter(({ value }) => value.type !== "missing");
  return (slots) => itemsWithin(evaluate(slots));
}

function fill(values: Slots, { slot, atSlot, bySlot }: SourceSlots, row: Value, id: string | undefined, position: Value = missing): void {
  values[slot] = row;
  if (atSlot !== undefined) values[atSlot] = position;
  if (bySlot !== undefined) values[bySlot] = id === undefined ? missing : text(id);
}
