import { epochSeconds, timestampParts } from "./timestamp.ts";
import type { DecimalValue, FloatValue, IntValue, IonValue, TimestampValue } from "./value.ts";

/** An exact number: coefficient × 10^exponent. */
export interface Exact {
  readonly coefficient: bigint;
  readonly exponent: number;
}

/** @returns the number exactly, or undefined for floats and what is no number */
export function exact(value: IonValue): Exact | undefined {
  if (value.type === "int") return { coefficient: value.value, exponent: 0 };
  if (value.type === "decimal") return { coefficient: value.coefficient, exponent: value.exponent };
  return undefined;
}

/** As exact; a finite float counts as its shortest decimal form, so that equality stays transitive over all numbers. */
function exactOf(value: IonValue): Exact | undefined {
  return value.type === "float" ? exactOfDouble(value.value) : exact(value);
}

/** Drops trailing zeros: equal numbers become equal parts. */
export function normalized({ coefficient, exponent }: Exact): Exact {
  if (coefficient === 0n) return { coefficient: 0n, exponent: 0 };
  if (coefficient % 10n !== 0n) return { coefficient, exponent };
  const digits = coefficient.toString();
  const end = significant(digits);
  return { coefficient: BigInt(digits.slice(0, end)), exponent: exponent + digits.length - end };
}

/** How many digits there are before the zeros at the end. */
function significant(digits: string): number {
  let end = digits.length;
  while (end > 1 && digits.charCodeAt(end - 1) === zero) end--;
  return end;
}

const zero = "0".charCodeAt(0);

/** -1, 0 or 1. Numbers of very different size are not written out to be compared: their digits are. */
export function compareExact(a: Exact, b: Exact): number {
  const [signA, signB] = [sign(a.coefficient), sign(b.coefficient)];
  if (signA !== signB || signA === 0) return Math.sign(signA - signB);
  if (a.exponent === b.exponent) return a.coefficient < b.coefficient ? -1 : a.coefficient > b.coefficient ? 1 : 0;
  const [x, y] = [digitsOf(a), digitsOf(b)];
  const [sizeA, sizeB] = [a.exponent + x.length, b.exponent + y.length];
  if (sizeA !== sizeB) return sizeA > sizeB ? signA : -signA;
  // Their first digits stand for the same power of ten: they are in the order of their texts.
  const [left, right] = [x.slice(0, significant(x)), y.slice(0, significant(y))];
  return left === right ? 0 : left > right ? signA : -signA;
}

function digitsOf({ coefficient }: Exact): string {
  return (coefficient < 0n ? -coefficient : coefficient).toString();
}

function sign(value: bigint): number {
  return value > 0n ? 1 : value < 0n ? -1 : 0;
}

/** Any number as a double, for arithmetic with floats; undefined for what is none. */
export function toDouble(value: NumberValue): number;
export function toDouble(value: IonValue): number | undefined;
export function toDouble(value: IonValue): number | undefined {
  if (value.type === "float") return value.value;
  const number = exact(value);
  return number === undefined ? undefined : Number(`${number.coefficient}e${number.exponent}`);
}

/**
 * Orders two values of comparable types: numbers, texts (strings and symbols), times, booleans, lobs.
 * @returns negative, 0, positive; NaN for a NaN; undefined where the types do not compare
 */
export function compareValues(a: IonValue, b: IonValue): number | undefined {
  const [x, y] = [exactOf(a), exactOf(b)];
  if (x !== undefined && y !== undefined) return compareExact(x, y);
  if (isNumber(a) && isNumber(b)) return endOf(a) - endOf(b);
  const [s, t] = [comparedText(a), comparedText(b)];
  if (s !== undefined && t !== undefined) return s < t ? -1 : s > t ? 1 : 0;
  if (a.type === "timestamp" && b.type === "timestamp") return compareTimestamps(a, b);
  if (a.type === "bool" && b.type === "bool") return Number(a.value) - Number(b.value);
  if ((a.type === "blob" || a.type === "clob") && a.type === b.type) return Buffer.compare(a.value, b.value);
  return undefined;
}

type NumberValue = IntValue | DecimalValue | FloatValue;

export function isNumber(value: { readonly type: string }): value is NumberValue {
  return value.type === "int" || value.type === "decimal" || value.type === "float";
}

/** Which end of all numbers a value is: -1 and 1 for the infinities, NaN for NaN, 0 for what lies between, however large. */
function endOf(value: IonValue): number {
  if (value.type !== "float" || Number.isFinite(value.value)) return 0;
  return Math.sign(value.value);
}

/** The text of a string or a symbol. */
export function comparedText(value: IonValue): string | undefined {
  if (value.type === "string") return value.value;
  return value.type === "symbol" && value.value !== null ? value.value : undefined;
}

function compareTimestamps(a: TimestampValue, b: TimestampValue): number {
  const [x, y] = [timestampParts(a), timestampParts(b)];
  const difference = epochSeconds(x) - epochSeconds(y);
  return difference !== 0 ? Math.sign(difference) : compareExact(x.fraction, y.fraction);
}

/** PartiQL's equality of two values that are not null: by content, whatever the annotations. */
export function equalValues(a: IonValue, b: IonValue): boolean {
  if (a.type === "string" && b.type === "string") return a.value === b.value;
  const order = compareValues(a, b);
  if (order !== undefined) return order === 0;
  if (a.type === "null" || b.type === "null") return a.type === b.type;
  if ((a.type === "list" || a.type === "sexp") && a.type === b.type) {
    return a.items.length === b.items.length && a.items.every((item, index) => equalValues(item, b.items[index] ?? item));
  }
  // Field by field would be a search for each: keys take a sort.
  if (a.type === "struct" && b.type === "struct")
    return a.fields.length === b.fields.length && !holdsNaN(a) && equalityKey(a) === equalityKey(b);
  return a.type === "symbol" && b.type === "symbol" && a.value === b.value;
}

/** Whether a NaN is somewhere in a value: it equals nothing, itself neither. */
function holdsNaN(value: IonValue): boolean {
  if (value.type === "struct") return value.fields.some((each) => holdsNaN(each.value));
  if (value.type === "list" || value.type === "sexp") return value.items.some(holdsNaN);
  return value.type === "float" && Number.isNaN(value.value);
}

/**
 * A text that is the same for equal values and only for them: what indexes look values up by.
 * @returns undefined for null, which equals nothing
 */
export function equalityKey(value: IonValue): string | undefined {
  switch (value.type) {
    case "null":
      return undefined;
    case "bool":
      return `b${value.value}`;
    case "int":
    case "decimal":
    case "float":
      return numberKey(value);
    case "string":
      return `s${value.value}`;
    case "symbol":
      return value.value === null ? "y" : `s${value.value}`;
    case "timestamp": {
      const parts = timestampParts(value);
      const { coefficient, exponent } = normalized(parts.fraction);
      return `t${epochSeconds(parts)}:${coefficient}e${exponent}`;
    }
    case "clob":
    case "blob":
      return `${value.type[0]}l${value.value.toString("latin1")}`;
    case "list":
    case "sexp":
      return `${value.type}[${value.items.map((item) => lengthPrefixed(equalityKey(item) ?? "null")).join("")}]`;
    case "struct":
      return `{${value.fields
        .map((each) => lengthPrefixed(each.name ?? "") + lengthPrefixed(equalityKey(each.value) ?? "null"))
        .sort()
        .join("")}}`;
  }
}

function numberKey(value: IonValue): string {
  const number = exactOf(value);
  if (number === undefined) return `f${toDouble(value)}`;
  const { coefficient, exponent } = normalized(number);
  return `n${coefficient}e${exponent}`;
}

/** A finite double in its shortest decimal form. */
export function exactOfDouble(value: number): Exact | undefined {
  if (!Number.isFinite(value)) return undefined;
  const [digits = "0", power = "0"] = value.toExponential().split("e");
  const [whole = "0", fraction = ""] = digits.split(".");
  return { coefficient: BigInt(whole + fraction), exponent: Number(power) - fraction.length };
}

function lengthPrefixed(text: string): string {
  return `${text.length}:${text}`;
}
