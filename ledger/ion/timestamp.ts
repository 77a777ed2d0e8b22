import { signedBytes, varInt } from "./binary-writer.ts";
import type { TimestampValue } from "./value.ts";

export type Precision = "year" | "month" | "day" | "minute" | "second";

/** A timestamp's parts, in UTC, as binary Ion keeps them. */
export interface TimestampParts {
  readonly precision: Precision;
  /** Minutes east of UTC; undefined where the offset is unknown. */
  readonly offset: number | undefined;
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Fraction of a second: coefficient × 10^exponent; exponent 0 where there is none. */
  readonly fraction: { readonly coefficient: bigint; readonly exponent: number };
}

/** Takes a timestamp's encoding apart: https://amazon-ion.github.io/ion-docs/docs/binary.html#6-timestamp */
export function timestampParts({ bytes }: TimestampValue): TimestampParts {
  return takeApart(bytes).parts;
}

/** A timestamp's encoding, taken apart. */
interface Pieces {
  readonly parts: TimestampParts;
  /** False where the encoding ends before its last part does. */
  readonly complete: boolean;
  /** False where it may not be the canonical encoding: leading zeros, a fraction or an offset that could be left out. */
  readonly plain: boolean;
}

function takeApart(bytes: Buffer): Pieces {
  let at = 0;
  let complete = true;
  let plain = true;
  const next = () => {
    complete &&= at < bytes.length;
    return bytes[at++] ?? 128;
  };
  const uint = () => {
    plain &&= bytes[at] !== 0;
    let value = 0;
    for (;;) {
      const byte = next();
      value = value * 128 + (byte & 127);
      if (byte & 128) return value;
    }
  };
  const int = () => {
    const first = next();
    plain &&= (first & 63) !== 0 || (first & 128) !== 0;
    let value = first & 63;
    for (let byte = first; (byte & 128) === 0; ) {
      byte = next();
      value = value * 128 + (byte & 127);
    }
    return { value: first & 64 ? 0 - value : value, negativeZero: (first & 64) !== 0 && value === 0 };
  };
  const offset = int();
  const numbers: number[] = [];
  while (at < bytes.length && numbers.length < 6) numbers.push(uint());
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = numbers;
  // An hour never comes without its minute.
  complete &&= numbers.length !== 4;
  plain &&= numbers.length > 3 || offset.negativeZero;
  const precision = (["year", "year", "month", "day", "minute", "minute", "second"] as const)[numbers.length] ?? "second";
  const fractional = at < bytes.length;
  const exponent = fractional ? int().value : 0;
  plain &&= !fractional || (exponent < 0 && (bytes[at] ?? 1) % 128 !== 0);
  const coefficient = signedInt(bytes, Math.min(at, bytes.length)).value;
  const fraction = { coefficient, exponent };
  const parts = { precision, offset: offset.negativeZero ? undefined : offset.value, year, month, day, hour, minute, second, fraction };
  return { parts, complete, plain };
}

/** Ion's Int field: sign and magnitude, big-endian. @param from where it begins, by default with the first byte, and ends with the last */
export function signedInt(bytes: Buffer, from = 0, to = bytes.length): { value: bigint; negative: boolean } {
  if (from === to) return { value: 0n, negative: false };
  const first = bytes[from] ?? 0;
  const negative = (first & 128) !== 0;
  const magnitude = bigintOf(bytes, from + 1, to, first & 127);
  return { value: negative ? -magnitude : magnitude, negative };
}

/** Bytes that a number holds exactly. */
const exactBytes = 6;

/** A magnitude, big-endian. @param first what stands before the first byte */
export function bigintOf(bytes: Buffer, from: number, to: number, first = 0): bigint {
  if (to - from >= exactBytes) return (BigInt(first) << BigInt(8 * (to - from))) | BigInt(`0x${bytes.toString("hex", from, to)}`);
  let magnitude = first;
  for (let at = from; at < to; at++) magnitude = magnitude * 256 + (bytes[at] ?? 0);
  return BigInt(magnitude);
}

/**
 * Reads a timestamp's encoding, and gives it the one form that hashes are made of: no leading zeros, no fraction of no digits, no offset
 * of a mere date. Every Ion library hashes what it would write itself, whatever the bytes that it read.
 * @returns the timestamp, or what is wrong with it
 */
export function readTimestamp(bytes: Buffer): TimestampValue | { readonly problem: string } {
  const { parts, complete, plain } = takeApart(bytes);
  const problem = complete ? partsProblem(parts) : "it ends early";
  if (problem !== undefined) return { problem };
  if (plain) return { type: "timestamp", bytes };
  const timed = parts.precision === "minute" || parts.precision === "second";
  const fraction = parts.fraction.exponent < 0 ? parts.fraction : { coefficient: 0n, exponent: 0 };
  return makeTimestamp({ ...parts, fraction, offset: timed ? parts.offset : undefined });
}

/** Most digits behind a second's point. */
const finest = 1000;

/** @returns why there is no such moment in the years 1 to 9999, or undefined */
export function partsProblem({ year, month, day, hour, minute, second, fraction, offset = 0 }: TimestampParts): string | undefined {
  if (!(year >= 1 && year <= 9999)) return `the year is ${year}`;
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return `there is no day ${day} in month ${month} of ${year}`;
  if (hour > 23 || minute > 59 || second > 59) return `there is no time ${hour}:${minute}:${second}`;
  if (Math.abs(offset) >= 24 * 60) return `the offset is ${offset} minutes`;
  const { coefficient, exponent } = fraction;
  if (coefficient === 0n && exponent >= -finest && exponent <= finest) return undefined;
  if (coefficient > 0n && exponent >= -finest && exponent < 0 && coefficient < 10n ** BigInt(-exponent)) return undefined;
  return `the fraction of the second is ${coefficient}d${exponent}`;
}

/** Days of a month. */
export function daysIn(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 && leap ? 29 : ([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0);
}

/** Puts a timestamp together. @param parts in UTC; of parts beyond the precision nothing is kept */
export function makeTimestamp(parts: TimestampParts): TimestampValue {
  const count = { year: 1, month: 2, day: 3, minute: 5, second: 6 }[parts.precision];
  const numbers = [parts.year, parts.month, parts.day, parts.hour, parts.minute, parts.second].slice(0, count);
  const { coefficient, exponent } = parts.fraction;
  const pieces = [varInt(parts.offset ?? 0, parts.offset === undefined), ...numbers.map(uintBytes)];
  if (parts.precision === "second" && exponent !== 0) {
    pieces.push(varInt(exponent));
    pieces.push(signedBytes(coefficient, false));
  }
  return { type: "timestamp", bytes: Buffer.concat(pieces) };
}

function uintBytes(value: number): Buffer {
  return value < 128 ? Buffer.from([value | 128]) : Buffer.from([value >> 7, (value & 127) | 128]);
}

/**
 * A moment with the precision of milliseconds and the offset Z, as QLDB writes its times. Each commit writes several: the encoding is laid
 * down here byte by byte.
 * @param ms since 1970-01-01T00:00:00Z
 */
export function timestampOf(ms: number): TimestampValue {
  const date = new Date(ms);
  const year = date.getUTCFullYear();
  const numbers = [date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
  const [utc, thousandths] = [0x80, 0xc3];
  const bytes = [utc, year >> 7, (year & 127) | 128, ...numbers.map((number) => number | 128), thousandths];
  const fraction = date.getUTCMilliseconds();
  if (fraction > 127) bytes.push(fraction >> 8);
  if (fraction > 0) bytes.push(fraction & 255);
  return { type: "timestamp", bytes: Buffer.from(bytes) };
}

/** What a date's UTC clock shows, to the whole second. */
function clock(date: Date): Pick<TimestampParts, "year" | "month" | "day" | "hour" | "minute" | "second"> {
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

/** Seconds since 1970-01-01T00:00:00Z of the whole second; the fraction is apart. */
export function epochSeconds(parts: TimestampParts): number {
  const date = new Date(0);
  date.setUTCFullYear(parts.year, parts.month - 1, parts.day);
  date.setUTCHours(parts.hour, parts.minute, parts.second);
  return date.getTime() / 1000;
}

/** Milliseconds since 1970-01-01T00:00:00Z; finer fractions are cut off. */
export function epochMilliseconds(value: TimestampValue): number {
  const parts = timestampParts(value);
  const { coefficient, exponent } = parts.fraction;
  const fraction = exponent >= -3 ? coefficient * 10n ** BigInt(exponent + 3) : coefficient / 10n ** BigInt(-exponent - 3);
  return epochSeconds(parts) * 1000 + (exponent === 0 ? 0 : Number(fraction));
}

/** The same moment with other parts of time: @param ms its whole seconds, since 1970, in ms */
export function withMoment(parts: TimestampParts, ms: number): TimestampParts {
  return { ...parts, ...clock(new Date(ms)) };
}
