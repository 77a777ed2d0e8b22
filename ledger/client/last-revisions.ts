const hashSize = 32;
const firstCapacity = 1024;

/** The last revision of every document that is there, by table and document: 32 bytes and an entry in a map for each. */
export class LastRevisions {
  private readonly tables = new Map<string, Map<string, number>>();
  private hashes = Buffer.alloc(firstCapacity * hashSize);
  /** Places of hashes so far, and those that are free again. */
  private used = 0;
  private readonly free: number[] = [];

  /** A document has another last revision. */
  put(tableId: string, documentId: string, hash: Buffer): void {
    const table = this.tables.get(tableId) ?? new Map<string, number>();
    this.tables.set(tableId, table);
    const place = table.get(documentId) ?? this.free.pop() ?? this.next();
    table.set(documentId, place);
    this.hashes.set(hash, place * hashSize);
  }

  /** A document is not there any more. */
  remove(tableId: string, documentId: string): void {
    const table = this.tables.get(tableId);
    const place = table?.get(documentId);
    if (place === undefined) return;
    table?.delete(documentId);
    this.free.push(place);
  }

  /** How many documents a table has. */
  count(tableId: string): number {
    return this.tables.get(tableId)?.size ?? 0;
  }

  /** The documents of a table. */
  ids(tableId: string): Iterable<string> {
    return this.tables.get(tableId)?.keys() ?? [];
  }

  /** @returns no bytes for a document that is not there */
  hash(tableId: string, documentId: string): Buffer {
    const place = this.tables.get(tableId)?.get(documentId);
    return place === undefined ? Buffer.alloc(0) : this.hashes.subarray(place * hashSize, (place + 1) * hashSize);
  }

  private next(): number {
    if ((this.used + 1) * hashSize > this.hashes.length) {
      const larger = Buffer.alloc(this.hashes.length * 2);
      larger.set(this.hashes);
      this.hashes = larger;
    }
    return this.used++;
  }
}
