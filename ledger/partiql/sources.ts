import { epochMilliseconds } from "../ion/timestamp.ts";
import { int, text } from "../ion/value.ts";
import { revisionValue } from "../store/revision.ts";
import type { TableDefinition } from "../store/table.ts";
import { type Expression, type FromItem, missing, type TableName, type Value } from "./ast.ts";
import { compileExpression, type Evaluate, type Execution, type Slots } from "./compile-expression.ts";
import { evaluationError, noSuchVariable, semanticError } from "./errors.ts";
import { type Access, chooseAccess, type TableAccess } from "./plan.ts";
import type { Scope } from "./scope.ts";

/** A source made ready: fills its slots with one row after the other. */
export interface Rows {
  /** What it reads and how, for people. */
  readonly plan: string;
  readonly rows: (slots: Slots) => Iterable<unknown>;
}

const committedPrefix = "_ql_committed_";

/** A source whose names are bound, and which can choose its access once all names of its FROM are. */
export interface PreparedSource {
  readonly slots: readonly number[];
  readonly open: (conditions: readonly Expression[], bound: ReadonlySet<number>) => Rows;
}

/** Binds the names of a FROM item. @throws LedgerError for tables that there are not */
export function prepareSource(item: FromItem, scope: Scope, execution: Execution): PreparedSource {
  const [slot, atSlot, bySlot] = [execution.slot(), item.atName && execution.slot(), item.by && execution.slot()].map((each) =>
    typeof each === "number" ? each : undefined,
  );
  if (slot === undefined) throw new Error("a source without a slot");
  const prepared = { slot, atSlot, bySlot };
  const opened = tableSource(item, prepared, scope, execution) ?? valueSource(item, prepared, scope, execution);
  const name = item.as ?? defaultName(item);
  if (name !== undefined) scope.bind(name, slot);
  if (item.atName !== undefined && atSlot !== undefined) scope.bind(item.atName, atSlot);
  if (item.by !== undefined && bySlot !== undefined) scope.bind(item.by, bySlot);
  scope.addSource(slot);
  return { slots: [slot, atSlot, bySlot].filter((each) => each !== undefined), open: opened };
}

interface SourceSlots {
  readonly slot: number;
  readonly atSlot: number | undefined;
  readonly bySlot: number | undefined;
}

/** A source without AS is known by its last name. */
function defaultName({ source }: FromItem): string | undefined {
  if (source.kind === "history") return source.table.byId ? undefined : source.table.name;
  const { expression } = source;
  if (expression.kind === "name") return expression.name;
  const last = expression.kind === "path" ? expression.steps.at(-1) : undefined;
  return last?.kind === "field" ? last.name : undefined;
}

function tableSource(item: FromItem, slots: SourceSlots, scope: Scope, execution: Execution): PreparedSource["open"] | undefined {
  const { source } = item;
  if (source.kind === "history") return historySource(source, slots, scope, execution);
  if (source.kind !== "expression") return undefined;
  const { expression } = source;
  if (isCatalog(expression) && scope.variable("information_schema") === undefined) {
    return () => ({
      plan: "information_schema.user_tables: scan",
      *rows(values) {
        for (const row of execution.view.catalog()) {
          fill(values, slots, row, undefined);
          yield undefined;
        }
      },
    });
  }
  if (expression.kind !== "name" || expression.local === true) return undefined;
  const committed = expression.name.startsWith(committedPrefix);
  const name = committed ? expression.name.slice(committedPrefix.length) : expression.name;
  const table = execution.view.table(name);
  if (table === undefined) {
    // A table comes before a variable of its name: a subquery reads the table that the query around it reads.
    if (scope.variable(expression.name) !== undefined) return undefined;
    throw noSuchVariable(expression.at, expression.name);
  }
  const tableAccess: TableAccess = {
    table,
    slot: slots.slot,
    idSlot: slots.bySlot,
    dataPath: committed ? ["data"] : [],
    idPath: committed ? ["metadata", "id"] : undefined,
  };
  return (conditions, bound) => {
    const access = chooseAccess(tableAccess, conditions, bound, scope, execution);
    return {
      plan: `${expression.name}: ${describeAccess(access)}`,
      *rows(values) {
        for (const document of documents(table, access, values, execution)) {
          fill(values, slots, committed ? execution.view.committed(document) : document.data, document.id);
          yield undefined;
        }
      },
    };
  };
}

function documents(table: TableDefinition, access: Access, values: Slots, { view }: Execution) {
  if (access.kind === "id") return view.byId(table, access.ids(values));
  return access.kind === "index" ? view.byKey(table, access.field, access.keys(values)) : view.scan(table);
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

function historySource(source: History, slots: SourceSlots, scope: Scope, execution: Execution): PreparedSource["open"] {
  const table = tableNamed(source.table, execution);
  const [start, end] = [source.start, source.end].map((each) => each && compileExpression(each, scope, execution));
  const tableAccess: TableAccess = { table, slot: slots.slot, idSlot: slots.bySlot, dataPath: ["data"], idPath: ["metadata", "id"] };
  return (conditions, bound) => {
    const access = chooseAccess({ ...tableAccess, table: { ...table, indexes: [] } }, conditions, bound, scope, execution);
    return {
      plan: `history(${source.table.name}): ${describeAccess(access)}`,
      *rows(values) {
        const window = {
          start: moment(start, values, source, Number.NEGATIVE_INFINITY),
          end: moment(end, values, source, Number.POSITIVE_INFINITY),
        };
        if (window.start > window.end) throw evaluationError(source.table.at, "the start of a history lies behind its end");
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

function moment(evaluate: Evaluate | undefined, values: Slots, source: History, otherwise: number): number {
  if (evaluate === undefined) return otherwise;
  const value = evaluate(values);
  if (value.type !== "timestamp")
    throw semanticError(source.table.at, `the bounds of a history are timestamps, found a value of type ${value.type}`);
  return epochMilliseconds(value);
}

/** Lists give their items, structs under UNPIVOT their fields, anything else itself. */
function valueSource(item: FromItem, slots: SourceSlots, scope: Scope, execution: Execution): PreparedSource["open"] {
  const { source } = item;
  if (source.kind === "history") throw new Error("history is a table");
  const evaluate = compileExpression(source.expression, scope, execution);
  if (item.by !== undefined) throw semanticError(item.at, "BY is allowed for tables only");
  return () => ({
    plan: "values",
    *rows(values) {
      const value = evaluate(values);
      if (value.type === "missing" || value.type === "null") return;
      if (source.kind === "unpivot") {
        for (const field of value.type === "struct" ? value.fields : []) {
          fill(values, slots, field.value, undefined, text(field.name ?? ""));
          yield undefined;
        }
        return;
      }
      const items: readonly Value[] = value.type === "list" || value.type === "sexp" ? value.items : [value];
      for (const [index, each] of items.entries()) {
        fill(values, slots, each, undefined, int(index));
        yield undefined;
      }
    },
  });
}

function fill(values: Slots, { slot, atSlot, bySlot }: SourceSlots, row: Value, id: string | undefined, position: Value = missing): void {
  values[slot] = row;
  if (atSlot !== undefined) values[atSlot] = position;
  if (bySlot !== undefined) values[bySlot] = id === undefined ? missing : text(id);
}
