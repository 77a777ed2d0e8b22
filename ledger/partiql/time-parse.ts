import { IonError } from "../ion/errors.ts";
import { readText } from "../ion/text.ts";
import { type Precision, partsProblem, type TimestampParts } from "../ion/timestamp.ts";
import { evaluationError, type Position } from "./errors.ts";
import { textIn } from "./operators.ts";
import { monthNames, patternOf } from "./time-format.ts";
import { sound, universal } from "./time-functions.ts";
import type { Value } from "./values.ts";

/** TO_TIMESTAMP(text [, format]): without a format the text is an Ion timestamp. */
export function parseTimestamp(value: Value, format: Value | undefined, at: Position): Value {
  const source = textIn(value);
  if (source === undefined) throw evaluationError(at, `TO_TIMESTAMP needs a text, found a value of type ${value.type}`);
  if (format !== undefined) return withFormat(source, patternOf(format, "TO_TIMESTAMP", at), at);
  try {
    const read = readText(source);
    if (read.type === "timestamp") return read;
  } catch (error) {
    if (!(error instanceof IonError)) throw error;
  }
  throw evaluationError(at, `'${source}' is no timestamp`);
}

/** What a text has to have for each symbol of a format; `n` is nanoseconds. */
const symbols: readonly (readonly [symbol: RegExp, digits: (letters: string) => string])[] = [
  [/^y$/, () => "\\d{1,4}"],
  [/^(?:yy|yyyy|MM|dd|HH|hh|mm|ss|S{1,9})$/, (letters) => `\\d{${letters.length}}`],
  [/^[MdHhms]$/, () => "\\d{1,2}"],
  [/^M{3,4}$/, () => "[A-Za-z]+"],
  [/^a$/, () => "[AaPp][Mm]"],
  [/^n+$/, () => "\\d{1,9}"],
  [/^X{1,5}$/, (letters) => `Z|${zoneDigits(letters)}`],
  [/^x{1,5}$/, zoneDigits],
];

function zoneDigits(letters: string): string {
  if (letters.length === 1) return "[+-]\\d{2}(?:\\d{2})?";
  return letters.length % 2 === 0 ? "[+-]\\d{4}" : "[+-]\\d{2}:\\d{2}";
}

/** What each symbol needs beside it, and what it does not go with: of `12 h` alone nobody knows which half of the day is meant. */
const needs: Record<string, string> = { M: "y", d: "M", H: "d", h: "da", m: "hH", s: "m", S: "s", n: "s", a: "h", X: "hH", x: "hH" };
const excludes: Record<string, string> = { H: "ha", S: "n", X: "x" };

/** The symbols of a format in their order, and the expression that a text of it matches. @throws LedgerError for a format that tells no time */
function readFormat(pattern: string, at: Position): { letters: string[]; expression: RegExp } {
  const letters: string[] = [];
  const expression = pattern.replaceAll(/'([^']*)'|([A-Za-z])\2*|[^A-Za-z']/g, (all: string, quoted: string | undefined) => {
    if (quoted !== undefined || !/[A-Za-z]/.test(all[0] ?? "")) return escaped(quoted ?? all);
    if (letters.some((other) => other[0] === all[0])) throw evaluationError(at, `'${all[0]}' is in the format '${pattern}' twice`);
    const form = symbols.find(([symbol]) => symbol.test(all))?.[1];
    if (form === undefined) throw evaluationError(at, `'${all}' is no part of a timestamp format to read`);
    letters.push(all);
    return `(${form(all)})`;
  });
  const has = (letter: string) => letters.some((each) => each[0] === letter);
  if (!has("y")) throw evaluationError(at, `the format '${pattern}' has no year`);
  for (const [letter = ""] of letters) {
    const wanted = needs[letter] ?? "";
    const met = letter === "h" ? has("d") && has("a") : wanted === "" || [...wanted].some(has);
    if (!met)
      throw evaluationError(at, `the format '${pattern}' has '${letter}' without ${[...wanted].join(letter === "h" ? " and " : " or ")}`);
    const other = [...(excludes[letter] ?? "")].find(has);
    if (other !== undefined) throw evaluationError(at, `the format '${pattern}' has '${letter}' beside '${other}'`);
  }
  return { letters, expression: new RegExp(`^${expression}$`) };
}

function withFormat(source: string, pattern: string, at: Position): Value {
  const { letters, expression } = readFormat(pattern, at);
  const found = expression.exec(source);
  if (found === null) throw evaluationError(at, `'${source}' does not fit the format '${pattern}'`);
  const read = new Map(letters.map((each, index) => [each[0] ?? "", { letters: each, text: found[index + 1] ?? "" }]));
  const number = (letter: string, otherwise: number) => (read.has(letter) ? Number(read.get(letter)?.text) : otherwise);
  const named = read.get("M");
  const month = named !== undefined && named.letters.length >= 3 ? monthNamed(named.text, named.letters.length === 3) : number("M", 1);
  if (month === undefined) throw evaluationError(at, `'${named?.text}' is no month's name of the format '${pattern}'`);
  const half = number("h", 12);
  if (half < 1 || half > 12) throw evaluationError(at, `'${source}' is no timestamp: the hour is ${half}, allowed for h are 1 to 12`);
  const hour = read.has("h") ? (half % 12) + (read.get("a")?.text.toUpperCase() === "PM" ? 12 : 0) : number("H", 0);
  const digits = read.get("n")?.text.padStart(9, "0") ?? read.get("S")?.text ?? "";
  const zone = read.get("X") ?? read.get("x");
  const parts: TimestampParts = {
    precision: precisionOf(read),
    offset: zone === undefined ? undefined : zoneMinutes(zone.text),
    ...{
      year: read.get("y")?.letters === "yy" ? fullYear(number("y", 1)) : number("y", 1),
      month,
      day: number("d", 1),
      hour,
      minute: number("m", 0),
      second: number("s", 0),
    },
    fraction: { coefficient: BigInt(digits || 0), exponent: -digits.length || 0 },
  };
  const problem = partsProblem(parts);
  if (problem !== undefined) throw evaluationError(at, `'${source}' is no timestamp: ${problem}`);
  return sound(universal(parts), at);
}

/** As precise as the smallest part that a format has; each needs the larger ones. */
function precisionOf(read: ReadonlyMap<string, unknown>): Precision {
  if (read.has("s")) return "second";
  if (read.has("H") || read.has("h")) return "minute";
  if (read.has("d")) return "day";
  return read.has("M") ? "month" : "year";
}

/** @param short by its first three letters. @returns 1 to 12 */
function monthNamed(name: string, short: boolean): number | undefined {
  const index = monthNames.findIndex((month) => (short ? month.slice(0, 3) : month).toLowerCase() === name.toLowerCase());
  return index < 0 ? undefined : index + 1;
}

/** Of two digits: 70 to 99 lie in the 20th century, the rest in the 21st. */
function fullYear(digits: number): number {
  return digits + (digits >= 70 ? 1900 : 2000);
}

function escaped(literal: string): string {
  return literal.replaceAll(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}

function zoneMinutes(zone: string): number {
  if (zone === "Z") return 0;
  const [, sign, hours, minutes = "0"] = /([+-])(\d{2}):?(\d{2})?/.exec(zone) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
