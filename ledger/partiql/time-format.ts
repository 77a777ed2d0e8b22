import { textOf } from "../ion/compare.ts";
import { IonError } from "../ion/errors.ts";
import { readText } from "../ion/text.ts";
import { type Precision, partsProblem, type TimestampParts, timestampParts } from "../ion/timestamp.ts";
import { text } from "../ion/value.ts";
import { missing, type Value } from "./ast.ts";
import { evaluationError, type Position } from "./errors.ts";
import { local, sound, universal } from "./time-functions.ts";

const monthNames = "January February March April May June July August September October November December".split(" ");

/** TO_STRING(time, format): letters as in https://docs.aws.amazon.com/qldb/latest/developerguide/ql-functions.timestamp-format.html */
export function formatTimestamp(value: Value | undefined, format: Value | undefined, at: Position): Value {
  if (value?.type !== "timestamp" || format === undefined || format.type === "missing") return missing;
  const pattern = textOf(format);
  if (pattern === undefined) return missing;
  const parts = local(timestampParts(value));
  return text(
    pattern.replaceAll(/'([^']*)'|([A-Za-z])\2*/g, (all: string, quoted: string | undefined) => quoted ?? formatted(all, parts, at)),
  );
}

function formatted(letters: string, parts: TimestampParts, at: Position): string {
  const pad = (number: number, size = letters.length) => String(number).padStart(size, "0");
  switch (letters[0]) {
    case "y":
      return letters.length === 2 ? pad(parts.year % 100, 2) : pad(parts.year);
    case "M":
      if (letters.length === 4) return monthNames[parts.month - 1] ?? "";
      return letters.length === 3 ? (monthNames[parts.month - 1] ?? "").slice(0, 3) : pad(parts.month);
    case "d":
      return pad(parts.day);
    case "H":
      return pad(parts.hour);
    case "h":
      return pad(parts.hour % 12 === 0 ? 12 : parts.hour % 12);
    case "a":
      return parts.hour < 12 ? "AM" : "PM";
    case "m":
      return pad(parts.minute);
    case "s":
      return pad(parts.second);
    case "S":
      return fraction(parts).padEnd(letters.length, "0").slice(0, letters.length);
    case "n":
      return String(Number(fraction(parts).padEnd(9, "0").slice(0, 9)));
    case "X":
    case "x":
      return offset(letters, parts.offset ?? 0);
    default:
      throw evaluationError(at, `'${letters}' is no part of a timestamp format`);
  }
}

function fraction({ fraction: { coefficient, exponent } }: TimestampParts): string {
  return exponent === 0 ? "" : coefficient.toString().padStart(-exponent, "0");
}

function offset(letters: string, minutes: number): string {
  if (minutes === 0 && letters[0] === "X") return "Z";
  const sign = minutes < 0 ? "-" : "+";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((number) => String(number).padStart(2, "0"));
  if (letters.length === 1) return rest === "00" ? `${sign}${hours}` : `${sign}${hours}${rest}`;
  return letters.length % 2 === 0 ? `${sign}${hours}${rest}` : `${sign}${hours}:${rest}`;
}

/** TO_TIMESTAMP(text [, format]): without a format the text is an Ion timestamp. */
export function parseTimestamp(value: Value | undefined, format: Value | undefined, at: Position): Value {
  const source = value === undefined || value.type === "missing" ? undefined : textOf(value);
  if (source === undefined) return missing;
  const pattern = format === undefined || format.type === "missing" ? undefined : textOf(format);
  if (pattern !== undefined) return withFormat(source, pattern, at);
  try {
    const read = readText(source);
    if (read.type === "timestamp") return read;
  } catch (error) {
    if (!(error instanceof IonError)) throw error;
  }
  throw evaluationError(at, `'${source}' is no timestamp`);
}

function withFormat(source: string, pattern: string, at: Position): Value {
  const letters: string[] = [];
  const expression = pattern.replaceAll(/'([^']*)'|([A-Za-z])\2*|[^A-Za-z']/g, (all: string, quoted: string | undefined) => {
    if (quoted !== undefined || !/[A-Za-z]/.test(all[0] ?? "")) return escaped(quoted ?? all);
    if (letters.some((other) => other[0] === all[0])) throw evaluationError(at, `'${all[0]}' is in the format '${pattern}' twice`);
    letters.push(all);
    if (/^M{3,4}$/.test(all)) return "([A-Za-z]+)";
    if (all[0] === "a") return "([AaPp][Mm])";
    if (all[0] === "X" || all[0] === "x") return "(Z|[+-]\\d{2}(?::?\\d{2})?)";
    if (all === "yy") return "(\\d{2})";
    // Bounded, and each letter once: a text is tried in a few ways at most.
    if (all[0] === "S" || all[0] === "y") return `(\\d{1,${Math.min(Math.max(all.length, 4), 9)}})`;
    return all.length === 1 ? "(\\d{1,2})" : `(\\d{${Math.min(all.length, 9)}})`;
  });
  const found = new RegExp(`^${expression}$`).exec(source);
  if (found === null) throw evaluationError(at, `'${source}' does not fit the format '${pattern}'`);
  const read = new Map(letters.map((each, index) => [each[0] ?? "", { letters: each, text: found[index + 1] ?? "" }]));
  const number = (letter: string, otherwise: number) => (read.has(letter) ? Number(read.get(letter)?.text) : otherwise);
  const named = read.get("M");
  const month = named !== undefined && named.letters.length >= 3 ? monthNamed(named.text, named.letters.length === 3) : number("M", 1);
  if (month === undefined) throw evaluationError(at, `'${named?.text}' is no month's name of the format '${pattern}'`);
  const half = read.get("a")?.text.toUpperCase();
  const hour = read.has("h") ? (number("h", 0) % 12) + (half === "PM" ? 12 : 0) : number("H", 0);
  const precision: Precision = read.has("s")
    ? "second"
    : read.has("m") || read.has("H") || read.has("h")
      ? "minute"
      : read.has("d")
        ? "day"
        : read.has("M")
          ? "month"
          : "year";
  const digits = read.get("S")?.text ?? "";
  const zone = read.get("X") ?? read.get("x");
  const parts: TimestampParts = {
    precision,
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
