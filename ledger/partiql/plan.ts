import type { TableDefinition } from "../store/table.ts";
import { LedgerError } from "../transaction/errors.ts";
import type { Document, TransactionView } from "../transaction/view.ts";
import type { Expression } from "./ast.ts";
import { compileExpression, type Execution, members } from "./compile-expression.ts";
import type { Scope } from "./scope.ts";
import { keysOf, type Slots, type Value } from "./values.ts";

/**
 * What to look up, once the slots before are filled.
 * @returns undefined where the value of a condition is refused, as that of `a = 1 / 0` is: only a scan tells whether there is a row to ask
 */
type Keys = (slots: Slots) => string[] | undefined;

/** How the rows of a table are found. */
export type Access = (
  | { readonly kind: "scan" }
  | { readonly kind: "id"; readonly ids: Keys }
  | { readonly kind: "index"; readonly field: string; readonly keys: Keys }
) & {
  /**
   * The conditions that an index could look up, be there one or not. They are asked first: which rows the others see, and refuse, does not
   * hang on the indexes that there are.
   */
  readonly lookups: ReadonlySet<Expression>;
};

/** A table as a source of rows: which slots its row fills, and which paths name its id and its fields. */
export interface TableAccess {
  readonly table: TableDefinition;
  readonly slot: number;
  /** Slot of the document's id, where BY asks for it. */
  readonly idSlot: number | undefined;
  /** Path from the row to the document's data: none for the table itself, `data` for its committed view. */
  readonly dataPath: readonly string[];
  /** Path from the row to the id, in views that show it. */
  readonly idPath: readonly string[] | undefined;
}

/** The conditions that all have to hold. */
export function conjuncts(expression: Expression | undefined): Expression[] {
  if (expression === undefined) return [];
  if (expression.kind !== "binary" || expression.operator !== "AND") return [expression];
  return [...conjuncts(expression.left), ...conjuncts(expression.right)];
}

/**
 * Chooses the narrowest way to a table's rows that the conditions allow: by document id, by an index, else a scan.
 * What it relies on: `field = value`, `field IN (values)` with values that do not depend on this or a later source.
 * @param bound slots that have their values before this source is read
 */
export function chooseAccess(
  source: TableAccess,
  conditions: readonly Expression[],
  bound: ReadonlySet<number>,
  scope: Scope,
  execution: Execution,
): Access {
  const found = conditions.flatMap((condition) => lookupsOf(condition, source, bound, scope, execution));
  const lookups = new Set(found.map(({ condition }) => condition));
  const byId = found.find(
    ({ slot, steps }) =>
      (slot === source.idSlot && steps.length === 0) || (slot === source.slot && source.idPath !== undefined && same(steps, source.idPath)),
  );
  if (byId !== undefined) return { kind: "id", ids: keysFrom(byId, found, textsOf), lookups };
  for (const { field } of source.table.indexes) {
    const byField = found.find(({ slot, steps }) => slot === source.slot && same(steps, [...source.dataPath, field]));
    if (byField !== undefined) return { kind: "index", field, keys: keysFrom(byField, found, keysOf), lookups };
  }
  return { kind: "scan", lookups };
}

/** The documents that an access leads to. @param slots those before the table's are filled */
export function documentsBy(access: Access, table: TableDefinition, slots: Slots, view: TransactionView): Iterable<Document> {
  if (access.kind === "id") {
    const ids = access.ids(slots);
    if (ids !== undefined) return view.byId(table, ids);
  }
  if (access.kind === "index") {
    const keys = access.keys(slots);
    if (keys !== undefined) return view.byKey(table, access.field, keys);
  }
  return view.scan(table);
}

/** @param all conditions that a scan would ask before others, and whose values it would refuse */
function keysFrom(chosen: Lookup, all: readonly Lookup[], keys: (values: readonly Value[]) => string[]): Keys {
  const others = all.filter((each) => each !== chosen);
  return (slots) => {
    try {
      for (const { values } of others) values(slots);
      return keys(chosen.values(slots));
    } catch (error) {
      if (error instanceof LedgerError) return undefined;
      throw error;
    }
  };
}

/** `path = value` or `path IN (values)`: which slot, which fields below it, and the values once the slots before are filled. */
interface Lookup {
  readonly condition: Expression;
  readonly slot: number;
  readonly steps: readonly string[];
  readonly values: (slots: Slots) => readonly Value[];
}

function lookupsOf(
  condition: Expression,
  { slot, idSlot }: TableAccess,
  bound: ReadonlySet<number>,
  scope: Scope,
  execution: Execution,
): Lookup[] {
  const lookup = (subject: Expression, other: Expression, values: () => Lookup["values"]): Lookup[] => {
    const place = placeOf(subject, scope);
    if (place === undefined || (place.slot !== slot && place.slot !== idSlot) || !dependsOnlyOn(other, bound, scope)) return [];
    return [{ condition, ...place, values: values() }];
  };
  const value = (other: Expression) => () => {
    const evaluate = compileExpression(other, scope, execution);
    return (slots: Slots) => [evaluate(slots)];
  };
  if (condition.kind === "binary" && condition.operator === "=") {
    const { left, right } = condition;
    return [...lookup(left, right, value(right)), ...lookup(right, left, value(left))];
  }
  if (condition.kind !== "in" || condition.negated) return [];
  return lookup(condition.operand, condition.set, () => {
    const set = members(condition.set, scope, execution);
    return (slots) => set(slots) ?? [];
  });
}

function placeOf(expression: Expression, scope: Scope): { slot: number; steps: string[] } | undefined {
  const [root, rest] = expression.kind === "path" ? [expression.root, expression.steps] : [expression, []];
  if (root.kind !== "name") return undefined;
  const { slot, field } = scope.resolve(root.name, root.at);
  const names = rest.map((step) => (step.kind === "field" ? step.name : undefined));
  if (names.some((name) => name === undefined)) return undefined;
  return { slot, steps: [...(field === undefined ? [] : [field]), ...(names as string[])] };
}

/**
 * The slots that an expression looks at.
 * @returns undefined where that cannot be told: it holds a subquery
 */
export function slotsOf(expression: Expression, scope: Scope): ReadonlySet<number> | undefined {
  const slots = new Set<number>();
  const visit = (each: Expression): boolean => {
    if (each.kind === "select") return false;
    if (each.kind === "name") slots.add(scope.resolve(each.name, each.at).slot);
    return children(each).every(visit);
  };
  return visit(expression) ? slots : undefined;
}

function dependsOnlyOn(expression: Expression, bound: ReadonlySet<number>, scope: Scope): boolean {
  const slots = slotsOf(expression, scope);
  return slots !== undefined && [...slots].every((slot) => bound.has(slot));
}

/** The expressions directly inside one. */
export function children(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "literal":
    case "parameter":
    case "name":
    case "select":
      return [];
    case "path":
      return [expression.root, ...expression.steps.flatMap((step) => (step.kind === "index" ? [step.index] : []))];
    case "not":
    case "sign":
    case "is":
    case "cast":
      return [expression.operand];
    case "binary":
      return [expression.left, expression.right];
    case "in":
      return [expression.operand, expression.set];
    case "between":
      return [expression.operand, expression.low, expression.high];
    case "like":
      return [expression.operand, expression.pattern, ...(expression.escape ? [expression.escape] : [])];
    case "case":
      return [
        ...(expression.operand ? [expression.operand] : []),
        ...expression.branches.flatMap(({ when, result }) => [when, result]),
        ...(expression.otherwise ? [expression.otherwise] : []),
      ];
    case "call":
      return expression.arguments;
    case "list":
      return expression.items;
    case "struct":
      return expression.fields.flatMap(({ name, value }) => [name, value]);
  }
}

function textsOf(values: readonly Value[]): string[] {
  return values.flatMap((value) =>
    value.type === "string" || (value.type === "symbol" && value.value !== null) ? [value.value ?? ""] : [],
  );
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((step, index) => step === b[index]);
}
