import type { TableDefinition } from "../store/table.ts";
import type { Expression, Value } from "./ast.ts";
import { compileExpression, type Evaluate, type Execution, keysOf, type Slots } from "./compile-expression.ts";
import type { Scope } from "./scope.ts";

/** How the rows of a table are found. */
export type Access =
  | { readonly kind: "scan" }
  | { readonly kind: "id"; readonly ids: (slots: Slots) => string[] }
  | { readonly kind: "index"; readonly field: string; readonly keys: (slots: Slots) => string[] };

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
  const lookups = conditions.flatMap((condition) => lookupsOf(condition, bound, scope, execution));
  const byId = lookups.find(
    ({ slot, steps }) =>
      (slot === source.idSlot && steps.length === 0) || (slot === source.slot && source.idPath !== undefined && same(steps, source.idPath)),
  );
  if (byId !== undefined) return { kind: "id", ids: (slots) => textsOf(byId.values(slots)) };
  for (const { field } of source.table.indexes) {
    const found = lookups.find(({ slot, steps }) => slot === source.slot && same(steps, [...source.dataPath, field]));
    if (found !== undefined) return { kind: "index", field, keys: (slots) => keysOf(found.values(slots)) };
  }
  return { kind: "scan" };
}

/** `path = value` or `path IN (values)`: which slot, which fields below it, and the values once the slots before are filled. */
interface Lookup {
  readonly slot: number;
  readonly steps: readonly string[];
  readonly values: (slots: Slots) => readonly Value[];
}

function lookupsOf(condition: Expression, bound: ReadonlySet<number>, scope: Scope, execution: Execution): Lookup[] {
  const lookup = (subject: Expression, others: readonly Expression[], list: boolean): Lookup[] => {
    const place = placeOf(subject, scope);
    if (place === undefined || bound.has(place.slot) || !others.every((other) => dependsOnlyOn(other, bound, scope))) return [];
    const ready: Evaluate[] = others.map((other) => compileExpression(other, scope, execution));
    return [{ ...place, values: (slots) => ready.flatMap((evaluate) => flat(evaluate(slots), list)) }];
  };
  if (condition.kind === "binary" && condition.operator === "=") {
    return [...lookup(condition.left, [condition.right], false), ...lookup(condition.right, [condition.left], false)];
  }
  if (condition.kind !== "in" || condition.negated) return [];
  const { set } = condition;
  return lookup(condition.operand, set.kind === "list" ? set.items : [set], set.kind !== "list" || set.items.length === 1);
}

/** A list that IN looks in stands for its items. */
function flat(value: Value, list: boolean): readonly Value[] {
  return list && (value.type === "list" || value.type === "sexp") ? value.items : [value];
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
    case "negate":
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
