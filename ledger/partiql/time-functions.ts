import { textOf } from "../ion/compare.ts";
import { IonError } from "../ion/errors.ts";
import { readText } from "../ion/text.ts";
import {
  daysIn,
  epochSeconds,
  makeTimestamp,
  type Precision,
  partsProblem,
  type TimestampParts,
  timestampParts,
  withMoment,
} from "../ion/timestamp.ts";
import { decimal, int, text } from "../ion/value.ts";
import { missing, type Value } from "./ast.ts";
import { evaluationError, type Position } from "./errors.ts";

const precisions: readonly Precision[] = ["year", "month", "day", "minute", "second"];

/** A timestamp's parts as its own clock shows them: with its offset. */
function local(parts: TimestampParts): TimestampParts {
  return withMoment(parts, (epochSeconds(parts) + 60 * (parts.offset ?? 0)) * 1000);
}

/** @throws LedgerError where there is no such moment */
function sound(parts: TimestampParts, at: Position): Value {
  const problem = partsProblem(parts);
  if (problem !== undefined) throw evaluationError(at, `the result is no timestamp: ${problem}`);
  return makeTimestamp(parts);
}

/** The reverse of local. */
function universal(parts: TimestampParts): TimestampParts {
  return withMoment(parts, (epochSeconds(parts) - 60 * (parts.offset ?? 0)) * 1000);
}

function nameOf(part: Value | undefined): string {
  return part?.type === "string" ? part.value : "";
}

/** EXTRACT(part FROM time) */
export function extract(part: Value | undefined, value: Value | undefined, at: Position): Value {
  if (value?.type !== "timestamp") return missing;
  const parts = local(timestampParts(value));
  switch (nameOf(part)) {
    case "YEAR":
      return int(parts.year);
    case "MONTH":
      return int(parts.month);
    case "DAY":
      return int(parts.day);
    case "HOUR":
      return int(parts.hour);
    case "MINUTE":
      return int(parts.minute);
    case "SECOND": {
      const { coefficient, exponent } = parts.fraction;
      return exponent === 0 ? int(parts.second) : decimal(BigInt(parts.second) * 10n ** BigInt(-exponent) + coefficient, exponent);
    }
    case "TIMEZONE_HOUR":
      return int(Math.trunc((parts.offset ?? 0) / 60));
    case "TIMEZONE_MINUTE":
      return int((parts.offset ?? 0) % 60);
    default:
      throw evaluationError(
        at,
        `${nameOf(part)} is no part of a time: allowed are YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, TIMEZONE_HOUR, TIMEZONE_MINUTE`,
      );
  }
}

const seconds: Record<string, number> = { DAY: 86_400, HOUR: 3600, MINUTE: 60, SECOND: 1 };
const needed: Record<string, Precision> = { YEAR: "year", MONTH: "month", DAY: "day", HOUR: "minute", MINUTE: "minute", SECOND: "second" };

/** DATE_ADD(part, count, time): the answer is at least as precise as the part. */
export function dateAdd(part: Value | undefined, count: Value | undefined, value: Value | undefined, at: Position): Value {
  if (value?.type !== "timestamp" || count?.type !== "int") return missing;
  const name = nameOf(part);
  const wanted = needed[name];
  const steps = Number(count.value);
  if (wanted === undefined || Math.abs(steps) > 1e12) throw evaluationError(at, `cannot add ${count.value} ${name}`);
  const parts = local(timestampParts(value));
  const precision = precisions[Math.max(precisions.indexOf(parts.precision), precisions.indexOf(wanted))] ?? "second";
  const moved =
    name === "YEAR" || name === "MONTH"
      ? addMonths(parts, name === "YEAR" ? steps * 12 : steps)
      : withMoment(parts, (epochSeconds(parts) + steps * (seconds[name] ?? 0)) * 1000);
  return sound({ ...universal(moved), precision }, at);
}

/** A day that the month does not have becomes its last one. */
function addMonths(parts: TimestampParts, count: number): TimestampParts {
  const months = parts.year * 12 + parts.month - 1 + count;
  const [year, month] = [Math.floor(months / 12), (((months % 12) + 12) % 12) + 1];
  return { ...parts, year, month, day: Math.min(parts.day, daysIn(year, month)) };
}

/** DATE_DIFF(part, from, to): whole parts between two times. */
export function dateDiff(part: Value | undefined, from: Value | undefined, to: Value | undefined, at: Position): Value {
  if (from?.type !== "timestamp" || to?.type !== "timestamp") return missing;
  const name = nameOf(part);
  if (needed[name] === undefined) throw evaluationError(at, `${name} is no part of a time`);
  const [a, b] = [timestampParts(from), timestampParts(to)];
  const span = epochSeconds(b) - epochSeconds(a);
  const unit = seconds[name];
  if (unit !== undefined) return int(Math.trunc(span / unit));
  const [first, last] = span >= 0 ? [a, b] : [b, a];
  let months = (last.year - first.year) * 12 + last.month - first.month;
  const day = (parts: TimestampParts) => ((parts.day * 24 + parts.hour) * 60 + parts.minute) * 60 + parts.second;
  if (day(last) < day(first)) months--;
  const whole = name === "YEAR" ? Math.trunc(months / 12) : months;
  return int(span >= 0 ? whole : -whole || 0);
}

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
    if (all[0] === "a") return "(AM|PM|am|pm)";
    if (all[0] === "X" || all[0] === "x") return "(Z|[+-]\\d{2}(?::?\\d{2})?)";
    // Bounded, and each letter once: a text is tried in a few ways at most.
    if (all[0] === "S" || all[0] === "y") return `(\\d{1,${Math.min(Math.max(all.length, 4), 9)}})`;
    return all.length === 1 ? "(\\d{1,2})" : `(\\d{${Math.min(all.length, 9)}})`;
  });
  const found = new RegExp(`^${expression}$`).exec(source);
  if (found === null) throw evaluationError(at, `'${source}' does not fit the format '${pattern}'`);
  const read = new Map(letters.map((each, index) => [each[0] ?? "", { letters: each, text: found[index + 1] ?? "" }]));
  const number = (letter: string, otherwise: number) => (read.has(letter) ? Number(read.get(letter)?.text) : otherwise);
  const month = /^M{3}/.test(read.get("M")?.letters ?? "")
    ? monthNames.findIndex((name) => name.slice(0, 3).toLowerCase() === read.get("M")?.text.slice(0, 3).toLowerCase()) + 1
    : number("M", 1);
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
    ...{ year: number("y", 1), month, day: number("d", 1), hour, minute: number("m", 0), second: number("s", 0) },
    fraction: { coefficient: BigInt(digits || 0), exponent: -digits.length || 0 },
  };
  const problem = partsProblem(parts);
  if (problem !== undefined) throw evaluationError(at, `'${source}' is no timestamp: ${problem}`);
  return sound(universal(parts), at);
}

function escaped(literal: string): string {
  return literal.replaceAll(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}

function zoneMinutes(zone: string): number {
  if (zone === "Z") return 0;
  const [, sign, hours, minutes = "0"] = /([+-])(\d{2}):?(\d{2})?/.exec(zone) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
