import { timestampOf } from "../ion/timestamp.ts";
import { bool, int, nullValue, text } from "../ion/value.ts";
import { evaluationError, type Position, semanticError } from "./errors.ts";
import { isAbsentValue, isMissing, textIn } from "./operators.ts";
import { formatTimestamp } from "./time-format.ts";
import { dateAdd, dateDiff, extract } from "./time-functions.ts";
import { parseTimestamp } from "./time-parse.ts";
import { equal, itemsIn, missing, type Value } from "./values.ts";

/** What functions may ask about the transaction they run in. */
export interface FunctionContext {
  readonly transactionId: string;
  /** Milliseconds since 1970, the same in all of a statement. */
  readonly now: number;
}

interface ScalarFunction {
  readonly least: number;
  readonly most: number;
  /** Gets absent arguments too; otherwise NULL or MISSING as any argument makes the answer NULL. */
  readonly total?: boolean;
  readonly call: (values: readonly Value[], context: FunctionContext, at: Position) => Value;
}

const scalar = (least: number, most: number, call: ScalarFunction["call"], total = false): ScalarFunction => ({ least, most, call, total });

const functions: Record<string, ScalarFunction> = {
  COALESCE: scalar(1, Number.POSITIVE_INFINITY, (values) => values.find((value) => !isAbsentValue(value)) ?? nullValue, true),
  NULLIF: scalar(2, 2, ([a = missing, b = missing]) => nullIf(a, b), true),
  SIZE: scalar(1, 1, ([value = missing], _context, at) => sizeOf(value, at)),
  EXISTS: scalar(1, 1, ([value = missing], _context, at) => exists(value, at), true),
  CHAR_LENGTH: scalar(1, 1, ([value = missing], _context, at) => int([...textArgument(value, "CHAR_LENGTH", at)].length)),
  CHARACTER_LENGTH: scalar(1, 1, ([value = missing], _context, at) => int([...textArgument(value, "CHARACTER_LENGTH", at)].length)),
  LOWER: scalar(1, 1, ([value = missing], _context, at) => text(textArgument(value, "LOWER", at).toLowerCase())),
  UPPER: scalar(1, 1, ([value = missing], _context, at) => text(textArgument(value, "UPPER", at).toUpperCase())),
  SUBSTRING: scalar(2, 3, ([value = missing, start = missing, length], _context, at) => substring(value, start, length, at)),
  TRIM: scalar(3, 3, ([side = missing, characters = missing, value = missing], _context, at) => trim(side, characters, value, at)),
  EXTRACT: scalar(2, 2, ([part = missing, value = missing], _context, at) => extract(part, value, at)),
  DATE_ADD: scalar(3, 3, ([part = missing, count = missing, value = missing], _context, at) => dateAdd(part, count, value, at)),
  DATE_DIFF: scalar(3, 3, ([part = missing, from = missing, to = missing], _context, at) => dateDiff(part, from, to, at)),
  TO_STRING: scalar(2, 2, ([value = missing, format = missing], _context, at) => formatTimestamp(value, format, at)),
  TO_TIMESTAMP: scalar(1, 2, ([value = missing, format], _context, at) => parseTimestamp(value, format, at)),
  UTCNOW: scalar(0, 0, (_values, { now }) => timestampOf(now)),
  TXID: scalar(0, 0, (_values, { transactionId }) => text(transactionId)),
};

function nullIf(a: Value, b: Value): Value {
  return isMissing(a) || (!isAbsentValue(a) && !isAbsentValue(b) && equal(a, b)) ? nullValue : a;
}

/**
 * Finds a scalar function.
 * @throws LedgerError where there is none of that name, or not with so many arguments
 */
export function scalarFunction(name: string, count: number, at: Position): (values: readonly Value[], context: FunctionContext) => Value {
  const found = functions[name];
  if (found === undefined) throw semanticError(at, `No such function: ${name.toLowerCase()}`);
  if (count < found.least || count > found.most) {
    const wanted = found.least === found.most ? `${found.least}` : `${found.least} to ${found.most}`;
    throw semanticError(at, `${name.toLowerCase()} takes ${wanted} argument(s), received ${count}`);
  }
  if (found.total === true) return (values, context) => found.call(values, context, at);
  return (values, context) => {
    return values.some(isAbsentValue) ? nullValue : found.call(values, context, at);
  };
}

/** @throws LedgerError for what is no text */
function textArgument(value: Value, name: string, at: Position): string {
  const found = textIn(value);
  if (found === undefined) throw evaluationError(at, `${name} needs a text, found a value of type ${value.type}`);
  return found;
}

/** How many items or fields a container holds; undefined for what is none. */
function lengthOf(value: Value): number | undefined {
  return value.type === "struct" ? value.fields.length : itemsIn(value)?.length;
}

function sizeOf(value: Value, at: Position): Value {
  const length = lengthOf(value);
  if (length === undefined) throw evaluationError(at, `SIZE needs a list or a struct, found a value of type ${value.type}`);
  return int(length);
}

function exists(value: Value, at: Position): Value {
  if (isMissing(value)) throw evaluationError(at, "EXISTS needs a value, found MISSING");
  return bool((lengthOf(value) ?? 0) > 0);
}

/** Positions count from 1. With a length, what lies before the text counts too, as in SQL; without one everything from there on is meant. */
function substring(value: Value, start: Value, length: Value | undefined, at: Position): Value {
  const characters = [...textArgument(value, "SUBSTRING", at)];
  const from = whole(start, "start", at);
  if (length === undefined) return text(characters.slice(Math.max(from - 1, 0)).join(""));
  const count = whole(length, "length", at);
  if (count < 0) throw evaluationError(at, `the length of SUBSTRING must not be negative, found ${count}`);
  return text(characters.slice(Math.max(from - 1, 0), Math.max(from - 1 + count, 0)).join(""));
}

function whole(value: Value, name: string, at: Position): number {
  if (value.type !== "int") throw evaluationError(at, `the ${name} of SUBSTRING has to be an int, found a value of type ${value.type}`);
  return Number(value.value);
}

function trim(side: Value, characters: Value, value: Value, at: Position): Value {
  const all = [...textArgument(value, "TRIM", at)];
  const unwanted = new Set(textArgument(characters, "TRIM", at));
  const direction = side.type === "string" ? side.value : "BOTH";
  let [from, to] = [0, all.length];
  if (direction !== "TRAILING") while (from < to && unwanted.has(all[from] ?? "")) from++;
  if (direction !== "LEADING") while (to > from && unwanted.has(all[to - 1] ?? "")) to--;
  return text(all.slice(from, to).join(""));
}
