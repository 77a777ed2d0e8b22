import { dot } from "./dot.ts";

const empty = Buffer.alloc(0);

/** The root over some hashes: neighbours are joined in pairs, an odd last one moves up as it is. @returns no bytes for no hashes */
export function merkleRoot(hashes: readonly Buffer[]): Buffer {
  let level = hashes;
  while (level.length > 1) level = parents(level);
  return level[0] ?? empty;
}

function parents(level: readonly Buffer[]): Buffer[] {
  const above: Buffer[] = [];
  for (let index = 0; index < level.length; index += 2) above.push(dot(level[index] ?? empty, level[index + 1] ?? empty));
  return above;
}

/**
 * The hashes that, joined to a leaf one after the other, give the root.
 * @param index of the leaf
 */
export function merkleProof(hashes: readonly Buffer[], index: number): Buffer[] {
  const proof: Buffer[] = [];
  let level = hashes;
  for (let at = index; level.length > 1; at = Math.floor(at / 2)) {
    const sibling = level[at % 2 === 0 ? at + 1 : at - 1];
    if (sibling !== undefined) proof.push(sibling);
    level = parents(level);
  }
  return proof;
}
