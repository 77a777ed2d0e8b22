import { comparedText, compareValues, exact, isNumber, toDouble } from "../ion/compare.ts";
import { bool, decimal, float, int, nullValue, text } from "../ion/value.ts";
import type { BinaryOperator } from "./ast.ts";
import { decimalResult } from "./decimals.ts";
import { evaluationError, type Position } from "./errors.ts";
import type { LikePatterns } from "./like.ts";
import { equal, isIon, missing, type Value } from "./values.ts";

export function isMissing(value: Value): value is typeof missing {
  return value.type === "missing";
}

export function isAbsentValue(value: Value): value is Extract<Value, { type: "missing" | "null" }> {
  return value.type === "missing" || value.type === "null";
}

/**
 * Whether a condition lets a row pass: only TRUE does, NULL and MISSING do not.
 * @throws LedgerError for a value that is no bool
 */
export function passes(value: Value, at: Position): boolean {
  return truth(value, at) === true;
}

/**
 * Comparisons. What is absent makes the answer NULL, as in the reference implementation of 2020; values of different types are unequal.
 * @throws LedgerError for an order between values of types that have none
 */
export function compare(operator: BinaryOperator, a: Value, b: Value, at: Position): Value {
  if (isAbsentValue(a) || isAbsentValue(b)) return nullValue;
  if (operator === "=") return bool(equal(a, b));
  if (operator === "<>") return bool(!equal(a, b));
  const order = isIon(a) && isIon(b) ? compareValues(a, b) : undefined;
  if (order === undefined) throw evaluationError(at, `'${operator}' has no order for values of types ${a.type} and ${b.type}`);
  if (operator === "<") return bool(order < 0);
  if (operator === "<=") return bool(order <= 0);
  return bool(operator === ">" ? order > 0 : order >= 0);
}

/** Three-valued logic; `decides` is the value that settles the answer: false for AND, true for OR. */
export function logic(decides: boolean, a: Value, b: () => Value, at: Position): Value {
  const left = truth(a, at);
  if (left === decides) return bool(decides);
  const right = truth(b(), at);
  if (right === decides) return bool(decides);
  return left === undefined || right === undefined ? nullValue : bool(!decides);
}

export function negated(value: Value, at: Position): Value {
  const known = truth(value, at);
  return known === undefined ? nullValue : bool(!known);
}

function truth(value: Value, at: Position): boolean | undefined {
  if (value.type === "bool") return value.value;
  if (isAbsentValue(value)) return undefined;
  throw evaluationError(at, `expected a bool, found a value of type ${value.type}`);
}

/** @throws LedgerError where an operand is no number */
export function arithmetic(operator: BinaryOperator, a: Value, b: Value, at: Position): Value {
  if (isAbsentValue(a) || isAbsentValue(b)) return nullValue;
  if (a.type === "int" && b.type === "int") return int(intResult(operator, a.value, b.value, at));
  if (!isNumber(a) || !isNumber(b)) throw evaluationError(at, `'${operator}' needs numbers, found values of types ${a.type} and ${b.type}`);
  const [x, y] = [exact(a), exact(b)];
  if (x === undefined || y === undefined) return float(floatResult(operator, toDouble(a), toDouble(b)));
  return decimalResult(operator, x, y, at);
}

function intResult(operator: BinaryOperator, a: bigint, b: bigint, at: Position): bigint {
  if (operator === "+") return a + b;
  if (operator === "-") return a - b;
  if (operator === "*") return a * b;
  if (b === 0n) throw evaluationError(at, "division by zero");
  return operator === "/" ? a / b : a % b;
}

function floatResult(operator: BinaryOperator, a: number, b: number): number {
  if (operator === "+") return a + b;
  if (operator === "-") return a - b;
  if (operator === "*") return a * b;
  return operator === "/" ? a / b : a % b;
}

/** `-` or `+` before a number. @throws LedgerError for what is none */
export function signed(value: Value, negative: boolean, at: Position): Value {
  if (isAbsentValue(value)) return nullValue;
  if (!isNumber(value)) throw evaluationError(at, `'${negative ? "-" : "+"}' needs a number, found a value of type ${value.type}`);
  if (!negative) return value;
  if (value.type === "int") return int(-value.value);
  if (value.type === "float") return float(-value.value);
  return value.type === "decimal" ? decimal(-value.coefficient, value.exponent) : missing;
}

/** @throws LedgerError where an operand is no text */
export function concatenate(a: Value, b: Value, at: Position): Value {
  if (isAbsentValue(a) || isAbsentValue(b)) return nullValue;
  const [x, y] = [textIn(a), textIn(b)];
  if (x === undefined || y === undefined) throw evaluationError(at, `'||' needs texts, found values of types ${a.type} and ${b.type}`);
  return text(x + y);
}

/** The text of a string or a symbol. */
export function textIn(value: Value): string | undefined {
  return isIon(value) ? comparedText(value) : undefined;
}

/**
 * SQL's LIKE: `%` for any text, `_` for one character.
 * @param patterns those of this LIKE
 * @param spend told how many comparisons it took
 * @throws LedgerError for what is no text, and an escape that is not one character
 */
export function like(
  value: Value,
  pattern: Value,
  mark: Value | undefined,
  at: Position,
  patterns: LikePatterns,
  spend: (comparisons: number) => void,
): Value {
  if (isAbsentValue(value) || isAbsentValue(pattern) || (mark !== undefined && isAbsentValue(mark))) return nullValue;
  const [subject, form, escaping] = [textIn(value), textIn(pattern), mark && textIn(mark)];
  if (subject === undefined || form === undefined || (mark !== undefined && escaping === undefined)) {
    const types = [value, pattern, ...(mark === undefined ? [] : [mark])].map(({ type }) => type);
    throw evaluationError(at, `LIKE needs texts, found values of types ${types.join(", ")}`);
  }
  if (escaping !== undefined && [...escaping].length !== 1) throw evaluationError(at, "an escape has to be one character");
  return bool(patterns.ready(form, escaping, at).matches(subject, spend));
}
