/** A chunk never moves; a record lies in one chunk. The largest document has 128 KiB. */
export const chunkSize = 4 << 20;

/**
 * A growing store of byte records, each at an address that stays: records need no object of their own, and a copy of all of them is a copy
 * of a few chunks.
 */
export class Heap {
  private readonly chunks: Buffer[] = [];
  /** Whether values read from a chunk. */
  private readonly lent: boolean[] = [];
  /** Bytes used of the last chunk. */
  private used = chunkSize;

  /** Bytes that its records take, with what is left over at the ends of chunks. */
  get size(): number {
    return Math.max(0, (this.chunks.length - 1) * chunkSize + this.used);
  }

  /**
   * Makes room for a record.
   * @returns its address, and the zeroed bytes to fill
   */
  reserve(length: number): { readonly address: number; readonly bytes: Buffer } {
    if (length > chunkSize) throw new Error(`a record of ${length} bytes: at most ${chunkSize} fit`);
    if (this.used + length > chunkSize || this.chunks.length === 0) {
      this.chunks.push(Buffer.alloc(chunkSize));
      this.used = 0;
    }
    const chunk = this.chunks.length - 1;
    const from = this.used;
    this.used += length;
    return { address: chunk * chunkSize + from, bytes: this.at(chunk * chunkSize + from).subarray(0, length) };
  }

  /** The bytes from an address on, to the end of its chunk: a view, not a copy. */
  at(address: number): Buffer {
    return this.chunk(address).subarray(address % chunkSize);
  }

  /** The chunk that an address is in, where it is at the address modulo `chunkSize`. */
  chunk(address: number): Buffer {
    const chunk = this.chunks[Math.floor(address / chunkSize)];
    if (chunk === undefined) throw new Error(`address ${address} is not in the heap`);
    return chunk;
  }

  /** The chunk that an address is in, for values that read from it later: what is in it now stays as it is. */
  lend(address: number): Buffer {
    const index = Math.floor(address / chunkSize);
    this.lent[index] = true;
    return this.chunk(address);
  }

  /** The bytes from an address on, to be overwritten. Where a value may still read from them, it keeps them, and the heap has a copy. */
  own(address: number): Buffer {
    const index = Math.floor(address / chunkSize);
    if (this.lent[index] === true) {
      this.chunks[index] = Buffer.from(this.chunk(address));
      this.lent[index] = false;
    }
    return this.at(address);
  }

  /** The first `size` bytes, chunk by chunk. */
  *bytes(size: number): Generator<Buffer> {
    for (let done = 0; done < size; done += chunkSize) {
      const chunk = this.chunks[done / chunkSize];
      if (chunk !== undefined) yield chunk.subarray(0, Math.min(chunkSize, size - done));
    }
  }

  /** Appends a chunk as `bytes` gave it. Only the last one may be smaller than a whole one. */
  load(bytes: Buffer): void {
    if (this.used !== chunkSize || bytes.length > chunkSize) throw new Error(`${bytes.length} bytes do not follow a heap of ${this.size}`);
    const chunk = bytes.length === chunkSize ? bytes : Buffer.alloc(chunkSize);
    if (chunk !== bytes) chunk.set(bytes);
    this.chunks.push(chunk);
    this.used = bytes.length;
  }
}
