import { compareValues, equalValues, exact, normalized, textOf, toDouble } from "../ion/compare.ts";
import { bool, decimal, float, type IonValue, int, ionLimits, nullValue, text } from "../ion/value.ts";
import { type BinaryOperator, missing, type Value } from "./ast.ts";
import { evaluationError, type Position } from "./errors.ts";
import { matchesLike } from "./like.ts";

/** Digits that a quotient or a product keeps, as Ion's decimals in QLDB did. */
const precision = 38;

export function isMissing(value: Value): value is typeof missing {
  return value.type === "missing";
}

export function isAbsent(value: Value): boolean {
  return value.type === "missing" || value.type === "null";
}

/** Only TRUE lets a row pass: NULL and MISSING do not. */
export function isTrue(value: Value): boolean {
  return value.type === "bool" && value.value;
}

/** What an operator answers when an operand is absent: MISSING wins over NULL. */
function absent(a: Value, b: Value): Value {
  return isMissing(a) || isMissing(b) ? missing : nullValue;
}

/** Comparisons; values of types that do not compare are unequal, and have no order. */
export function compare(operator: BinaryOperator, a: Value, b: Value): Value {
  if (a.type === "missing" || b.type === "missing" || a.type === "null" || b.type === "null") return absent(a, b);
  if (operator === "=") return bool(equalValues(a, b));
  if (operator === "<>") return bool(!equalValues(a, b));
  const order = compareValues(a, b);
  if (order === undefined) return missing;
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
  return known === undefined ? (isMissing(value) ? missing : nullValue) : bool(!known);
}

function truth(value: Value, at: Position): boolean | undefined {
  if (value.type === "bool") return value.value;
  if (isAbsent(value)) return undefined;
  throw evaluationError(at, `expected a bool, found a value of type ${value.type}`);
}

export function arithmetic(operator: BinaryOperator, a: Value, b: Value, at: Position): Value {
  if (a.type === "missing" || b.type === "missing" || a.type === "null" || b.type === "null") return absent(a, b);
  const [p, q] = [toDouble(a), toDouble(b)];
  if (p === undefined || q === undefined) return missing;
  if (a.type === "float" || b.type === "float") return float(floatResult(operator, p, q));
  return exactResult(operator, a, b, at);
}

function floatResult(operator: BinaryOperator, a: number, b: number): number {
  if (operator === "+") return a + b;
  if (operator === "-") return a - b;
  if (operator === "*") return a * b;
  return operator === "/" ? a / b : a % b;
}

function exactResult(operator: BinaryOperator, a: IonValue, b: IonValue, at: Position): Value {
  const [x, y] = [exact(a), exact(b)];
  if (x === undefined || y === undefined) return missing;
  if ((operator === "/" || operator === "%") && y.coefficient === 0n) throw evaluationError(at, "division by zero");
  if (a.type === "int" && b.type === "int") {
    if (operator === "/") return int(x.coefficient / y.coefficient);
    if (operator === "%") return int(x.coefficient % y.coefficient);
  }
  if (Math.abs(x.exponent) + Math.abs(y.exponent) > ionLimits.exponent || Math.abs(x.exponent - y.exponent) > 1000)
    throw evaluationError(at, "the numbers' sizes are too far apart");
  const low = Math.min(x.exponent, y.exponent);
  const [left, right] = [x.coefficient * 10n ** BigInt(x.exponent - low), y.coefficient * 10n ** BigInt(y.exponent - low)];
  const result = (coefficient: bigint, exponent: number): Value =>
    a.type === "int" && b.type === "int" ? int(coefficient * 10n ** BigInt(exponent)) : decimal(coefficient, exponent);
  if (operator === "+") return result(left + right, low);
  if (operator === "-") return result(left - right, low);
  if (operator === "*") return result(x.coefficient * y.coefficient, x.exponent + y.exponent);
  if (operator === "%") return result(left % right, low);
  const quotient = normalized({ coefficient: (left * 10n ** BigInt(precision)) / right, exponent: -precision });
  return decimal(quotient.coefficient, quotient.exponent);
}

export function negate(value: Value): Value {
  if (isAbsent(value)) return value;
  if (value.type === "int") return int(-value.value);
  if (value.type === "float") return float(-value.value);
  return value.type === "decimal" ? decimal(-value.coefficient, value.exponent) : missing;
}

export function concatenate(a: Value, b: Value): Value {
  if (a.type === "missing" || b.type === "missing" || a.type === "null" || b.type === "null") return absent(a, b);
  const [x, y] = [textOf(a), textOf(b)];
  return x === undefined || y === undefined ? missing : text(x + y);
}

/** SQL's LIKE: `%` for any text, `_` for one character. @throws LedgerError for an escape character at the end */
export function like(value: Value, pattern: Value, mark: Value | undefined, at: Position): Value {
  if (isAbsent(value) || isAbsent(pattern) || (mark !== undefined && isAbsent(mark))) return absent(value, pattern);
  const [subject, form] = [value, pattern].map((each) => (each.type === "missing" ? undefined : textOf(each)));
  const escaping = mark === undefined || mark.type === "missing" ? undefined : textOf(mark);
  if (subject === undefined || form === undefined) return missing;
  if (escaping !== undefined && [...escaping].length !== 1) throw evaluationError(at, "an escape has to be one character");
  return bool(matchesLike(subject, form, escaping, at));
}

const typeNames: Record<string, readonly string[]> = {
  ...{
    BOOLEAN: ["bool"],
    BOOL: ["bool"],
    INT: ["int"],
    INTEGER: ["int"],
    SMALLINT: ["int"],
    BIGINT: ["int"],
    FLOAT: ["float"],
    REAL: ["float"],
    DOUBLE: ["float"],
  },
  ...{
    DECIMAL: ["decimal"],
    NUMERIC: ["decimal"],
    TIMESTAMP: ["timestamp"],
    STRING: ["string"],
    VARCHAR: ["string"],
    CHAR: ["string"],
    CHARACTER: ["string"],
  },
  ...{ SYMBOL: ["symbol"], CLOB: ["clob"], BLOB: ["blob"], LIST: ["list"], SEXP: ["sexp"], STRUCT: ["struct"], TUPLE: ["struct"], BAG: [] },
};

/** `value IS type`. @returns undefined for a type that there is not */
export function isOfType(value: Value, type: string): boolean | undefined {
  if (type === "NULL") return isAbsent(value);
  if (type === "MISSING") return isMissing(value);
  return typeNames[type]?.includes(value.type);
}
