import { sha256 } from "../ion/hash.ts";

const size = 32;

/**
 * QLDB's way to join two hashes: the lesser first, compared from the last byte to the first as signed bytes; an empty one is neutral.
 * Source: `joinHashesPairwise` of AWS's verification samples, `dot` of the official drivers.
 */
export function dot(a: Buffer, b: Buffer): Buffer {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const both = Buffer.allocUnsafe(2 * size);
  const aFirst = compareHashes(a, b) <= 0;
  both.set(a, aFirst ? 0 : size);
  both.set(b, aFirst ? size : 0);
  return sha256(both);
}

/** Orders two hashes of 32 bytes. */
export function compareHashes(a: Buffer, b: Buffer): number {
  for (let index = size - 1; index >= 0; index--) {
    const difference = a.readInt8(index) - b.readInt8(index);
    if (difference !== 0) return difference;
  }
  return 0;
}
