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
