const size = 32;
/** Hashes in one chunk: 1 MiB. A chunk never moves, so a list that grows copies nothing. */
const perChunk = 1 << 15;

/** A list of 32-byte hashes that only grows, without an object for each. */
export class HashList {
  private readonly chunks: Buffer[] = [];
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(hash: Buffer): void {
    if (hash.length !== size) throw new Error(`a hash of ${hash.length} bytes: ${size} are needed`);
    if (this.count % perChunk === 0) this.chunks.push(Buffer.alloc(perChunk * size));
    this.chunks.at(-1)?.set(hash, (this.count % perChunk) * size);
    this.count++;
  }

  /** A view of a hash, not a copy. @returns no bytes behind the end */
  at(index: number): Buffer {
    if (index < 0 || index >= this.count) return Buffer.alloc(0);
    const from = (index % perChunk) * size;
    return this.chunks[Math.floor(index / perChunk)]?.subarray(from, from + size) ?? Buffer.alloc(0);
  }

  /** The bytes of the first hashes, chunk by chunk. */
  *bytes(count: number): Generator<Buffer> {
    for (let done = 0; done < count; done += perChunk) {
      const chunk = this.chunks[done / perChunk];
      if (chunk !== undefined) yield chunk.subarray(0, Math.min(perChunk, count - done) * size);
    }
  }

  /** Appends a chunk as `bytes` gave it. Only the last one may be smaller than a whole one. */
  load(bytes: Buffer): void {
    if (this.count % perChunk !== 0 || bytes.length % size !== 0 || bytes.length > perChunk * size) {
      throw new Error(`${bytes.length} bytes of hashes do not follow ${this.count} hashes`);
    }
    const chunk = bytes.length === perChunk * size ? bytes : Buffer.alloc(perChunk * size);
    if (chunk !== bytes) chunk.set(bytes);
    this.chunks.push(chunk);
    this.count += bytes.length / size;
  }
}
