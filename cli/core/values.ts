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

/** @returns a reader of times such as 500ms, 10s, 2m, in milliseconds, between two bounds, both allowed */
export function duration(minMs: number, maxMs: number): (text: string, option: string) => number {
  return (text, option) => {
    const [, number, unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
    const ms = Number(number) * (units[unit] ?? Number.NaN);
    if (ms >= minMs && ms <= maxMs) return ms;
    throw new UsageError(`${option} is "${text}": allowed are times such as 500ms, 10s or 2m, from ${minMs} ms to ${maxMs / 1_000} s`);
  };
}
