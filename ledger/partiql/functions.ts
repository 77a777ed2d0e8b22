import { textOf, toDouble } from "../ion/compare.ts";
import { timestampOf } from "../ion/timestamp.ts";
import { bool, decimal, int, nullValue, text } from "../ion/value.ts";
import { type Expression, missing, type Value } from "./ast.ts";
import { evaluationError, type Position, semanticError } from "./errors.ts";
import { compare, isAbsent, isMissing, isTrue } from "./operators.ts";
import { formatTimestamp, parseTimestamp } from "./time-format.ts";
import { dateAdd, dateDiff, extract } from "./time-functions.ts";

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
  COALESCE: scalar(1, Number.POSITIVE_INFINITY, (values) => values.find((value) => !isAbsent(value)) ?? nullValue, true),
  NULLIF: scalar(2, 2, ([a = missing, b = missing]) => (isMissing(a) || isTrue(compare("=", a, b)) ? nullValue : a), true),
  SIZE: scalar(1, 1, ([value = missing], _context, at) => sizeOf(value, at)),
  EXISTS: scalar(1, 1, ([value = missing], _context, at) => exists(value, at), true),
  CHAR_LENGTH: scalar(1, 1, ([value]) => onText(value, (subject) => int([...subject].length))),
  CHARACTER_LENGTH: scalar(1, 1, ([value]) => onText(value, (subject) => int([...subject].length))),
  LOWER: scalar(1, 1, ([value]) => onText(value, (subject) => text(subject.toLowerCase()))),
  UPPER: scalar(1, 1, ([value]) => onText(value, (subject) => text(subject.toUpperCase()))),
  SUBSTRING: scalar(2, 3, ([value, start, length]) => substring(value, start, length)),
  TRIM: scalar(3, 3, ([side, characters, value]) => trim(side, characters, value)),
  EXTRACT: scalar(2, 2, ([part, value], _context, at) => extract(part, value, at)),
  DATE_ADD: scalar(3, 3, ([part, count, value], _context, at) => dateAdd(part, count, value, at)),
  DATE_DIFF: scalar(3, 3, ([part, from, to], _context, at) => dateDiff(part, from, to, at)),
  TO_STRING: scalar(2, 2, ([value, format], _context, at) => formatTimestamp(value, format, at)),
  TO_TIMESTAMP: scalar(1, 2, ([value, format], _context, at) => parseTimestamp(value, format, at)),
  UTCNOW: scalar(0, 0, (_values, { now }) => timestampOf(now)),
  TXID: scalar(0, 0, (_values, { transactionId }) => text(transactionId)),
};

const aggregates = new Set(["COUNT", "SUM", "AVG", "MIN", "MAX"]);

/** Whether a call takes all rows together. */
export function isAggregate(expression: Expression): boolean {
  return expression.kind === "call" && aggregates.has(expression.name);
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
    return values.some(isAbsent) ? nullValue : found.call(values, context, at);
  };
}

/** Folds the values of all rows into one. NULL and MISSING do not count; of no values the answer is NULL, a count is 0. */
export class Aggregate {
  private readonly name: string;
  private readonly at: Position;
  private count = 0;
  private total: Value = int(0);
  private best: Value = nullValue;

  constructor(name: string, at: Position) {
    this.name = name;
    this.at = at;
  }

  add(value: Value, arithmetic: (a: Value, b: Value) => Value): void {
    if (isAbsent(value)) return;
    this.count++;
    if (this.name === "SUM" || this.name === "AVG") {
      if (value.type === "missing" || toDouble(value) === undefined)
        throw evaluationError(this.at, `${this.name} of a value of type ${value.type}`);
      this.total = arithmetic(this.total, value);
    } else if (this.name !== "COUNT") {
      const better = this.count === 1 || isTrue(compare(this.name === "MIN" ? "<" : ">", value, this.best));
      if (better) this.best = value;
    }
  }

  addRow(): void {
    this.count++;
  }

  result(divide: (a: Value, b: Value) => Value): Value {
    if (this.name === "COUNT") return int(this.count);
    if (this.count === 0) return nullValue;
    if (this.name === "SUM") return this.total;
    if (this.name !== "AVG") return this.best;
    const total = this.total.type === "int" ? decimal(this.total.value, 0) : this.total;
    return divide(total, decimal(BigInt(this.count), 0));
  }
}

function onText(value: Value | undefined, make: (subject: string) => Value): Value {
  const subject = value === undefined || value.type === "missing" ? undefined : textOf(value);
  return subject === undefined ? missing : make(subject);
}

/** How many items or fields a container holds; undefined for what is none. */
function lengthOf(value: Value): number | undefined {
  if (value.type === "list" || value.type === "sexp") return value.items.length;
  return value.type === "struct" ? value.fields.length : undefined;
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

/** Positions count from 1; what lies before the text counts too, as in SQL. */
function substring(value: Value | undefined, start: Value | undefined, length: Value | undefined): Value {
  return onText(value, (subject) => {
    const characters = [...subject];
    const from = start?.type === "int" ? Number(start.value) : Number.NaN;
    const count = length === undefined ? characters.length + Math.abs(from) : length.type === "int" ? Number(length.value) : Number.NaN;
    if (Number.isNaN(from) || Number.isNaN(count) || count < 0) return missing;
    return text(characters.slice(Math.max(from - 1, 0), Math.max(from - 1 + count, 0)).join(""));
  });
}

function trim(side: Value | undefined, characters: Value | undefined, value: Value | undefined): Value {
  return onText(value, (subject) =>
    onText(characters, (set) => {
      const all = [...subject];
      const unwanted = new Set(set);
      const direction = side?.type === "string" ? side.value : "BOTH";
      let [from, to] = [0, all.length];
      if (direction !== "TRAILING") while (from < to && unwanted.has(all[from] ?? "")) from++;
      if (direction !== "LEADING") while (to > from && unwanted.has(all[to - 1] ?? "")) to--;
      return text(all.slice(from, to).join(""));
    }),
  );
}
