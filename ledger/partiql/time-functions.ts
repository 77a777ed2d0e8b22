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
import { int, type TimestampValue } from "../ion/value.ts";
import { evaluationError, type Position } from "./errors.ts";
import type { Value } from "./values.ts";

const precisions: readonly Precision[] = ["year", "month", "day", "minute", "second"];

/** A timestamp's parts as its own clock shows them: with its offset. */
export function local(parts: TimestampParts): TimestampParts {
  return withMoment(parts, (epochSeconds(parts) + 60 * (parts.offset ?? 0)) * 1000);
}

/** @throws LedgerError where there is no such moment */
export function sound(parts: TimestampParts, at: Position): Value {
  const problem = partsProblem(parts);
  if (problem !== undefined) throw evaluationError(at, `the result is no timestamp: ${problem}`);
  return makeTimestamp(parts);
}

/** The reverse of local. */
export function universal(parts: TimestampParts): TimestampParts {
  return withMoment(parts, (epochSeconds(parts) - 60 * (parts.offset ?? 0)) * 1000);
}

function nameOf(part: Value): string {
  return part.type === "string" ? part.value : "";
}

/** @throws LedgerError for what is no timestamp */
export function timeArgument(value: Value, name: string, at: Position): TimestampValue {
  if (value.type !== "timestamp") throw evaluationError(at, `${name} needs a timestamp, found a value of type ${value.type}`);
  return value;
}

/** EXTRACT(part FROM time): an int, also of a second with a fraction. */
export function extract(part: Value, value: Value, at: Position): Value {
  const parts = local(timestampParts(timeArgument(value, "EXTRACT", at)));
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
    case "SECOND":
      return int(parts.second);
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
export function dateAdd(part: Value, count: Value, value: Value, at: Position): Value {
  if (count.type !== "int") throw evaluationError(at, `DATE_ADD needs an int to add, found a value of type ${count.type}`);
  const name = nameOf(part);
  const wanted = needed[name];
  const steps = Number(count.value);
  if (wanted === undefined || Math.abs(steps) > 1e12) throw evaluationError(at, `cannot add ${count.value} ${name}`);
  const parts = local(timestampParts(timeArgument(value, "DATE_ADD", at)));
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
export function dateDiff(part: Value, from: Value, to: Value, at: Position): Value {
  const name = nameOf(part);
  if (needed[name] === undefined) throw evaluationError(at, `${name} is no part of a time`);
  const [a, b] = [timestampParts(timeArgument(from, "DATE_DIFF", at)), timestampParts(timeArgument(to, "DATE_DIFF", at))];
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
