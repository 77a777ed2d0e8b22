import { type TimestampParts, timestampParts } from "../ion/timestamp.ts";
import { text } from "../ion/value.ts";
import { evaluationError, type Position } from "./errors.ts";
import { textIn } from "./operators.ts";
import { local, timeArgument } from "./time-functions.ts";
import type { Value } from "./values.ts";

export const monthNames = "January February March April May June July August September October November December".split(" ");

/** TO_STRING(time, format): letters as in https://docs.aws.amazon.com/qldb/latest/developerguide/ql-functions.timestamp-format.html */
export function formatTimestamp(value: Value, format: Value, at: Position): Value {
  const parts = local(timestampParts(timeArgument(value, "TO_STRING", at)));
  const pattern = patternOf(format, "TO_STRING", at);
  return text(
    pattern.replaceAll(/'([^']*)'|([A-Za-z])\2*/g, (all: string, quoted: string | undefined) => quoted ?? formatted(all, parts, at)),
  );
}

/** @throws LedgerError for what is no text */
export function patternOf(format: Value, name: string, at: Position): string {
  const pattern = textIn(format);
  if (pattern === undefined) throw evaluationError(at, `the format of ${name} has to be a text, found a value of type ${format.type}`);
  return pattern;
}

function formatted(letters: string, parts: TimestampParts, at: Position): string {
  const pad = (number: number, size = letters.length) => String(number).padStart(size, "0");
  switch (letters[0]) {
    case "y":
      return letters.length === 2 ? pad(parts.year % 100, 2) : pad(parts.year);
    case "M":
      if (letters.length === 5) return (monthNames[parts.month - 1] ?? "").slice(0, 1);
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
      return pad(Number(fraction(parts).padEnd(9, "0").slice(0, 9)));
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
