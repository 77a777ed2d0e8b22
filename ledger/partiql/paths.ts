import type { Field, IonValue, SequenceValue, StructValue } from "../ion/value.ts";
import { evaluationError, type Position } from "./errors.ts";

/** A step to a part of a document: a field's name or an item's number. */
export type Key = string | number;

/**
 * A document with one part replaced; everything else stays as it is.
 * @param keys the way to the part; no keys: the document itself
 * @param change gets the part as it is, undefined where there is none, and gives the new one, undefined to remove it
 * @throws LedgerError where the way leads through what is no struct or list
 */
export function withPart(
  value: IonValue,
  keys: readonly Key[],
  change: (part: IonValue | undefined) => IonValue | undefined,
  at: Position,
): IonValue {
  const [key, ...rest] = keys;
  if (key === undefined) {
    const changed = change(value);
    if (changed === undefined) throw evaluationError(at, "a whole document is removed with DELETE");
    return changed;
  }
  if (typeof key === "string") {
    if (value.type !== "struct") throw evaluationError(at, `'${key}' is looked for in a value of type ${value.type}`);
    return withField(value, key, rest, change, at);
  }
  if (value.type !== "list" && value.type !== "sexp")
    throw evaluationError(at, `item ${key} is looked for in a value of type ${value.type}`);
  return withItem(value, key, rest, change, at);
}

type Edit = (part: IonValue | undefined) => IonValue | undefined;

function deeper(part: IonValue | undefined, rest: readonly Key[], change: Edit, at: Position, name: Key): IonValue | undefined {
  if (rest.length === 0) return change(part);
  if (part === undefined) throw evaluationError(at, `there is no '${name}' to look into`);
  return withPart(part, rest, change, at);
}

function withField(value: StructValue, name: string, rest: readonly Key[], change: Edit, at: Position): StructValue {
  const index = value.fields.findIndex((field) => field.name === name);
  const changed = deeper(value.fields[index]?.value, rest, change, at, name);
  const fields: Field[] = [...value.fields];
  if (index < 0) {
    if (changed !== undefined) fields.push({ name, value: changed });
  } else if (changed === undefined) fields.splice(index, 1);
  else fields[index] = { name, value: changed };
  return { ...value, fields };
}

function withItem(value: SequenceValue, index: number, rest: readonly Key[], change: Edit, at: Position): SequenceValue {
  if (index < 0 || index >= value.items.length) throw evaluationError(at, `item ${index} is not in a list of ${value.items.length}`);
  const changed = deeper(value.items[index], rest, change, at, index);
  const items = [...value.items];
  if (changed === undefined) items.splice(index, 1);
  else items[index] = changed;
  return { ...value, items };
}

/** A list or a struct with one more part. A list that is not there is made where a place in it is given. @param key where it is put: a number in a list, its end by default and beyond it; a new field's name */
export function withInserted(part: IonValue | undefined, item: IonValue, key: Key | undefined, at: Position): IonValue {
  if (typeof key === "string") {
    const struct = part ?? { type: "struct", fields: [] };
    if (struct.type !== "struct")
      throw evaluationError(at, `INSERT INTO … AT '${key}' needs a struct, found a value of type ${struct.type}`);
    if (struct.fields.some(({ name }) => name === key)) throw evaluationError(at, `there is a field '${key}' already: SET changes it`);
    return { ...struct, fields: [...struct.fields, { name: key, value: item }] };
  }
  if (part === undefined && key === undefined) throw evaluationError(at, "there is no list to insert into: SET makes one");
  const list = part ?? { type: "list", items: [] };
  if (list.type !== "list" && list.type !== "sexp")
    throw evaluationError(at, `INSERT INTO needs a list, or a struct and AT with a name, found a value of type ${list.type}`);
  const place = Math.max(0, Math.min(key ?? list.items.length, list.items.length));
  return { ...list, items: [...list.items.slice(0, place), item, ...list.items.slice(place)] };
}
