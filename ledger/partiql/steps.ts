import { int, text } from "../ion/value.ts";
import type { Expression, Step } from "./ast.ts";
import { evaluationError, type Position } from "./errors.ts";
import { isAbsentValue } from "./operators.ts";
import { bagOf, type Evaluate, missing, type Slots, type Value } from "./values.ts";

/** A value and where in its collection it was found: an item's number in a list, a field's name; MISSING in a bag. */
export interface Placed {
  readonly value: Value;
  readonly place: Value;
}

/** Whether a path leads to many values. */
export function isMany(steps: readonly Step[]): boolean {
  return steps.some(({ kind }) => kind === "items" || kind === "values");
}

/** Walks steps from a value. @returns a bag where one of them is `[*]` or `.*` */
export function walk(root: Evaluate, steps: readonly Step[], compile: (expression: Expression) => Evaluate): Evaluate {
  if (isMany(steps)) {
    const all = walkAll(steps, compile);
    return (slots) => bagOf(all({ value: root(slots), place: missing }, slots).map(({ value }) => value));
  }
  return steps.reduce<Evaluate>((before, step) => {
    const next = single(step, compile);
    return (slots) => next(before(slots), slots);
  }, root);
}

/** Every value that the steps lead to, one after the other. */
export function walkAll(
  steps: readonly Step[],
  compile: (expression: Expression) => Evaluate,
): (root: Placed, slots: Slots) => readonly Placed[] {
  const ready = steps.map((step) => {
    if (step.kind === "items") return ({ value }: Placed) => itemsWithin(value);
    if (step.kind === "values") return ({ value }: Placed) => fieldsWithin(value);
    const next = single(step, compile);
    return ({ value }: Placed, slots: Slots): readonly Placed[] => [{ value: next(value, slots), place: missing }];
  });
  return (root, slots) => ready.reduce<readonly Placed[]>((found, step) => found.flatMap((each) => step(each, slots)), [root]);
}

function single(step: Step, compile: (expression: Expression) => Evaluate): (value: Value, slots: Slots) => Value {
  if (step.kind === "field") return (value) => fieldOf(value, step.name);
  if (step.kind !== "index") throw new Error(`${step.kind} leads to many values`);
  const index = compile(step.index);
  return (value, slots) => itemOf(value, index(slots), step.at);
}

/** What FROM and `[*]` range over: the items of a list or a bag; anything else is its own only item, be it absent. */
export function itemsWithin(value: Value): readonly Placed[] {
  if (value.type === "list") return (value.items as readonly Value[]).map((item, index) => ({ value: item, place: int(index) }));
  const items: readonly Value[] = value.type === "bag" ? value.items : [value];
  return items.map((item) => ({ value: item, place: missing }));
}

/** What UNPIVOT and `.*` range over: the fields of a struct; any other value is the field `_1` of one, MISSING has none. */
export function fieldsWithin(value: Value): readonly Placed[] {
  if (value.type === "missing") return [];
  if (value.type !== "struct") return [{ value, place: text("_1") }];
  return value.fields.map((field) => ({ value: field.value, place: text(field.name ?? "") }));
}

/** A field's value; MISSING where there is no such field, or no struct. */
export function fieldOf(value: Value, name: string): Value {
  if (value.type !== "struct") return missing;
  if ("fieldNamed" in value) return value.fieldNamed?.(name) ?? missing;
  for (const field of value.fields) if (field.name === name) return field.value;
  return missing;
}

/** `[number]` is an item of a list or a field of a struct, `['name']` a field. @throws LedgerError for an index of another type */
function itemOf(value: Value, index: Value, at: Position): Value {
  if (index.type === "string" || index.type === "symbol") return fieldOf(value, index.value ?? "");
  if (isAbsentValue(index)) return missing;
  if (index.type !== "int") throw evaluationError(at, `an index has to be a number or a text, found a value of type ${index.type}`);
  const place = Number(index.value);
  if (value.type === "list" || value.type === "sexp") return value.items[place] ?? missing;
  return value.type === "struct" ? (value.fields[place]?.value ?? missing) : missing;
}
