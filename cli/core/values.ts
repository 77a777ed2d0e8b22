import { UsageError } from "../../common/errors.ts";

/** @returns a reader of whole numbers between two bounds, both allowed */
export function wholeNumber(min: number, max: number): (text: string, option: string) => number {
  return (text, option) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new UsageError(`${option} is "${text}": allowed are whole numbers from ${min} to ${max}`);
  };
}

/** Reads a value that may be any text: words that are declared beside it are only offered. */
export function anyText(text: string): string {
  return text;
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

const ages: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** Reads an age such as 12h, 7d or 2w: no shorter one, since somebody may be between two commands. @returns milliseconds */
export function ageLimit(text: string, option: string): number {
  const [, number, unit = ""] = /^(\d+)([hdw])$/.exec(text) ?? [];
  const ms = Number(number) * (ages[unit] ?? Number.NaN);
  if (ms > 0 && ms <= longestAge) return ms;
  throw new UsageError(`${option} is "${text}": allowed are ages such as 12h, 7d or 4w, from 1h to 10 years`);
}

const longestAge = 3_650 * 86_400_000;

/** @returns a reader of times such as 500ms, 10s, 2m, in milliseconds, between two bounds, both allowed */
export function duration(minMs: number, maxMs: number): (text: string, option: string) => number {
  return (text, option) => {
    const [, number, unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
    const ms = Number(number) * (units[unit] ?? Number.NaN);
    if (ms >= minMs && ms <= maxMs) return ms;
    throw new UsageError(`${option} is "${text}": allowed are times such as 500ms, 10s or 2m, from ${minMs} ms to ${maxMs / 1_000} s`);
  };
}
