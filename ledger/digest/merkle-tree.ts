import { dot } from "./dot.ts";
import { HashList } from "./hash-list.ts";

const empty = Buffer.alloc(0);

/**
 * A Merkle tree that grows leaf by leaf and keeps its inner hashes: neighbours are joined in pairs, an odd last one moves up as it is.
 * Its root and proofs are those of `merkleRoot` and `merkleProof` over the same leaves, for every size it ever had, in the time of its
 * height.
 */
export class MerkleTree {
  /** `levels[k]` holds the roots of all whole groups of 2^k leaves. */
  readonly levels: HashList[] = [new HashList()];

  /** How many leaves it has. */
  get size(): number {
    return this.levels[0]?.length ?? 0;
  }

  /** Appends a leaf of 32 bytes. */
  append(leaf: Buffer): void {
    let hash = leaf;
    for (let level = 0; ; level++) {
      const list = this.level(level);
      list.push(hash);
      if (list.length % 2 === 1) return;
      hash = dot(list.at(list.length - 2), list.at(list.length - 1));
    }
  }

  leaf(index: number): Buffer {
    return this.node(0, index, this.size);
  }

  /** @param size of the tree whose root is wanted: at most the present one. @returns no bytes for an empty tree */
  root(size = this.size): Buffer {
    return this.node(heightOf(size), 0, size);
  }

  /**
   * The hashes that, joined to a leaf one after the other, give the root.
   * @param size of the tree whose root that is
   */
  proof(index: number, size = this.size): Buffer[] {
    const proof: Buffer[] = [];
    let at = index;
    for (let level = 0; level < heightOf(size); level++) {
      const sibling = this.node(level, at % 2 === 0 ? at + 1 : at - 1, size);
      if (sibling.length > 0) proof.push(Buffer.from(sibling));
      at = Math.floor(at / 2);
    }
    return proof;
  }

  /** The list of a level, made where it is new. */
  level(level: number): HashList {
    const found = this.levels[level] ?? new HashList();
    this.levels[level] = found;
    return found;
  }

  /** The root of one group of 2^level leaves, as far as it belongs to a tree of a size. */
  private node(level: number, index: number, size: number): Buffer {
    const width = 2 ** level;
    if (index * width >= size) return empty;
    if ((index + 1) * width <= size) return this.levels[level]?.at(index) ?? empty;
    return dot(this.node(level - 1, index * 2, size), this.node(level - 1, index * 2 + 1, size));
  }
}

function heightOf(size: number): number {
  return size < 2 ? 0 : Math.ceil(Math.log2(size));
}
