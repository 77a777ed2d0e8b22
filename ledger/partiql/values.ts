import { equalityKey, equalValues } from "../ion/compare.ts";
import type { Field, IonValue, SymbolText } from "../ion/value.ts";

/** PartiQL's values beside Ion's: nothing there at all, and collections without an order. */
export interface Missing {
  readonly type: "missing";
}
export const missing: Missing = { type: "missing" };

/** Items in no order: `<<…>>`, and what a subquery gives. Ion has no bags: outside a statement it is a list. */
export interface Bag {
  readonly type: "bag";
  readonly items: readonly Value[];
}

/** A list that holds what Ion has not, at any depth. */
export interface MixedList {
  readonly type: "list";
  readonly mixed: true;
  readonly items: readonly Value[];
}

/** A struct that holds what Ion has not, at any depth. */
export interface MixedStruct {
  readonly type: "struct";
  readonly mixed: true;
  readonly fields: readonly ValueField[];
}

export interface ValueField {
  readonly name: SymbolText;
  readonly value: Value;
}

export type Value = IonValue | Missing | Bag | MixedList | MixedStruct;

/** The values of all variables while a row is looked at. */
export type Slots = Value[];

/** An expression made ready: looks at the current row. */
export type Evaluate = (slots: Slots) => Value;

/** Whether a value is Ion's through and through. */
export function isIon(value: Value): value is IonValue {
  return value.type !== "missing" && value.type !== "bag" && !("mixed" in value);
}

export function bagOf(items: readonly Value[]): Bag {
  return { type: "bag", items };
}

/** A list; MISSING keeps its place in it. */
export function listOf(items: readonly Value[]): Value {
  return items.every(isIon) ? { type: "list", items } : { type: "list", mixed: true, items };
}

/** A struct of the fields that have a value. */
export function structOf(fields: readonly ValueField[]): Value {
  if (fields.every(isIonField)) return { type: "struct", fields };
  const present = fields.filter(({ value }) => value.type !== "missing");
  return present.every(isIonField) ? { type: "struct", fields: present } : { type: "struct", mixed: true, fields: present };
}

function isIonField(field: ValueField): field is Field {
  return isIon(field.value);
}

/** A value as Ion has it: bags are lists, MISSING is left out. @returns undefined for MISSING itself */
export function toIon(value: Value): IonValue | undefined {
  if (isIon(value)) return value;
  if (value.type === "missing") return undefined;
  if (value.type === "struct") {
    const fields = value.fields.flatMap((field) => {
      const content = toIon(field.value);
      return content === undefined ? [] : [{ name: field.name, value: content }];
    });
    return { type: "struct", fields };
  }
  return { type: "list", items: value.items.flatMap((item) => toIon(item) ?? []) };
}

/** The items of a list, a bag or a sexp. @returns undefined for what is none */
export function itemsIn(value: Value): readonly Value[] | undefined {
  return value.type === "list" || value.type === "bag" || value.type === "sexp" ? value.items : undefined;
}

/** PartiQL's equality of two values that are not absent: by content; bags whatever their order, and never equal to a list. */
export function equal(a: Value, b: Value): boolean {
  if (isIon(a) && isIon(b)) return equalValues(a, b);
  if (a.type === "bag" && b.type === "bag") return sameItems(a.items, b.items, equal);
  if (a.type === "missing" || b.type === "missing" || a.type === "bag" || b.type === "bag") return a.type === b.type;
  if (a.type === "list" && b.type === "list") {
    return a.items.length === b.items.length && a.items.every((item, index) => equal(item, b.items[index] ?? missing));
  }
  if (a.type !== "struct" || b.type !== "struct") return false;
  const [x, y]: [readonly ValueField[], readonly ValueField[]] = [a.fields, b.fields];
  return sameItems(x, y, (one, other) => one.name === other.name && equal(one.value, other.value));
}

/** Whether each item of one has an equal of its own in the other. Those with one key alone are held against each other. */
function sameItems<T extends Value | ValueField>(a: readonly T[], b: readonly T[], same: (one: T, other: T) => boolean): boolean {
  if (a.length !== b.length) return false;
  const rest = new Map<string, T[]>();
  for (const item of b) {
    const key = keyOf(item);
    const held = rest.get(key);
    if (held === undefined) rest.set(key, [item]);
    else held.push(item);
  }
  return a.every((item) => {
    const held = rest.get(keyOf(item)) ?? [];
    const found = held.findLastIndex((other) => same(item, other));
    if (found >= 0) held.splice(found, 1);
    return found >= 0;
  });
}

function keyOf(item: Value | ValueField): string {
  if (!("type" in item)) return `field ${item.name}`;
  return isIon(item) ? (equalityKey(item) ?? "null") : item.type;
}

/** The keys by which an index finds values equal to these; NULL, MISSING and what Ion has not equal nothing that is stored. */
export function keysOf(values: readonly Value[]): string[] {
  return values.flatMap((value) => (isIon(value) ? (equalityKey(value) ?? []) : []));
}
