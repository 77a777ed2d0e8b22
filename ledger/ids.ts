import { randomUUID } from "node:crypto";

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const length = 22;
/** Digits that one division gives: 62^5 times 2^16 is still an exact number. */
const digitsAtOnce = 5;
const divisor = 62 ** digitsAtOnce;

/** A new id as QLDB writes them: a random UUID (version 4) as 22 base-62 digits. */
export function newId(uuid: string = randomUUID()): string {
  const hex = uuid.replaceAll("-", "");
  const limbs = Array.from({ length: 8 }, (_, index) => Number.parseInt(hex.slice(index * 4, index * 4 + 4), 16));
  let id = "";
  while (id.length < length) {
    let rest = 0;
    for (const [index, limb] of limbs.entries()) {
      const value = rest * 0x10000 + limb;
      limbs[index] = Math.floor(value / divisor);
      rest = value % divisor;
    }
    for (let count = 0; count < digitsAtOnce; count++) {
      id = (digits[rest % 62] ?? "0") + id;
      rest = Math.floor(rest / 62);
    }
  }
  return id.slice(-length);
}
