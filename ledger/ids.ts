import { randomUUID } from "node:crypto";

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const length = 22;
/** Digits that one division gives: 62^5 times 2^16 is still an exact number. */
const digitsAtOnce = 5;
const divisor = 62 ** digitsAtOnce;
/** Groups of 16 bits in a UUID. */
const groups = 8;

/** A new id as QLDB writes them: a random UUID (version 4) as 22 base-62 digits. */
export function newId(uuid: string = randomUUID()): string {
  const hex = uuid.replaceAll("-", "");
  const number: number[] = [];
  for (let at = 0; at < groups * 4; at += 4) number.push(Number.parseInt(hex.slice(at, at + 4), 16));
  let id = "";
  while (id.length < length) {
    let rest = 0;
    for (let index = 0; index < groups; index++) {
      const value = rest * 0x10000 + (number[index] ?? 0);
      number[index] = Math.floor(value / divisor);
      rest = value % divisor;
    }
    for (let count = 0; count < digitsAtOnce; count++) {
      id = digits.charAt(rest % 62) + id;
      rest = Math.floor(rest / 62);
    }
  }
  return id.slice(-length);
}
