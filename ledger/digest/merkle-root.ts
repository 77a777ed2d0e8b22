import { dot } from "./dot.ts";

/** The root of a Merkle tree whose leaves come one by one: `merkleRoot` of them all, with a hash for each level kept and no more. */
export class GrowingRoot {
  /** By level: the root of the last whole group of 2^level leaves, where it waits for its neighbour. */
  private readonly waiting: (Buffer | undefined)[] = [];

  append(leaf: Buffer): void {
    let hash = leaf;
    let level = 0;
    for (let left = this.waiting[0]; left !== undefined; left = this.waiting[++level]) {
      hash = dot(left, hash);
      this.waiting[level] = undefined;
    }
    this.waiting[level] = hash;
  }

  /** @returns no bytes where there is no leaf */
  get root(): Buffer {
    let root: Buffer = Buffer.alloc(0);
    // An odd last one moves up as it is: what waits below stands behind what waits above.
    for (const left of this.waiting) if (left !== undefined) root = dot(left, root);
    return root;
  }
}
