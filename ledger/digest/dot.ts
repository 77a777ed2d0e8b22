import { sha256 } from "../ion/hash.ts";

const size = 32;

/**
 * QLDB's way to join two hashes: the lesser first, compared from the last byte to the first as signed bytes; an empty one is neutral.
 * Source: `joinHashesPairwise` of AWS's verification samples, `dot` of the official drivers.
 */
export function dot(a: Buffer, b: Buffer): Buffer {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  return sha256(compareHashes(a, b) <= 0 ? Buffer.concat([a, b]) : Buffer.concat([b, a]));
}

/** Orders two hashes of 32 bytes. */
export function compareHashes(a: Buffer, b: Buffer): number {
  for (let index = size - 1; index >= 0; index--) {
    const difference = a.readInt8(index) - b.readInt8(index);
    if (difference !== 0) return difference;
  }
  return 0;
}
