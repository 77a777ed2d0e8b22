import { randomUUID } from "node:crypto";

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const pairs: readonly string[] = [...digits].flatMap((first) => [...digits].map((second) => first + second));
const length = 22;
/** What one division takes off: three digits. 62^3 times 2^32 is still an exact number. */
const divisor = 62 ** 3;
const limb = 2 ** 32;

/** A new id as QLDB writes them: a random UUID (version 4) as 22 base-62 digits. */
export function newId(uuid: string = randomUUID()): string {
  const low = Number.parseInt(uuid.slice(24), 16);
  let third = Number.parseInt(uuid.slice(19, 23), 16) * 0x10000 + Math.floor(low / limb);
  let second = Number.parseInt(uuid.slice(9, 13), 16) * 0x10000 + Number.parseInt(uuid.slice(14, 18), 16);
  let first = Number.parseInt(uuid.slice(0, 8), 16);
  let fourth = low - Math.floor(low / limb) * limb;
  let id = "";
  while (id.length < length) {
    // Remainders by subtraction: % of what is no small integer takes many times as long.
    let value = first;
    first = Math.floor(value / divisor);
    value = (value - first * divisor) * limb + second;
    second = Math.floor(value / divisor);
    value = (value - second * divisor) * limb + third;
    third = Math.floor(value / divisor);
    value = (value - third * divisor) * limb + fourth;
    fourth = Math.floor(value / divisor);
    const three = value - fourth * divisor;
    const one = Math.floor(three / pairs.length);
    id = digits.charAt(one) + (pairs[three - one * pairs.length] ?? "") + id;
  }
  return id.slice(-length);
}
