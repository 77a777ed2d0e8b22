import { type FieldReader, readBinary } from "../ion/binary-reader.ts";
import { writeBinary } from "../ion/binary-writer.ts";
import type { IonValue } from "../ion/value.ts";
import type { Heap } from "./heap.ts";
import type { BlockAddress, Metadata, Revision } from "./revision.ts";

/*
 * A revision in the heap, little-endian:
 *   0 u32 length of the content   4 u8 kind   5 u8 length of the id   6 u8 length of the transaction's id   7 unused
 *   8 f64 address of the revision before, -1 for none   16 f64 sequenceNo   24 f64 txTime   32 u32 version   36 hash, 32 bytes
 *   68 id, the transaction's id (Latin-1), the content: the data in binary Ion; of a redacted one the data's hash
 */
const kinds = { data: 0, deletion: 1, redacted: 2 } as const;
const headSize = 68;
const none = -1;

/** A revision that lies in a heap: what is asked for is read from there. */
export class StoredRevision implements Revision {
  /** Where it is in its heap. */
  readonly at: number;
  private readonly heap: Heap;
  private readonly bytes: Buffer;
  private readonly strandId: string;

  constructor(heap: Heap, at: number, strandId: string) {
    this.heap = heap;
    this.at = at;
    this.bytes = heap.at(at);
    this.strandId = strandId;
  }

  get id(): string {
    return this.bytes.toString("latin1", headSize, headSize + this.idLength);
  }

  /** From 0. */
  get version(): number {
    return this.bytes.readUInt32LE(32);
  }

  get sequenceNo(): number {
    return this.bytes.readDoubleLE(16);
  }

  get address(): BlockAddress {
    return { strandId: this.strandId, sequenceNo: this.sequenceNo };
  }

  get hash(): Buffer {
    return Buffer.from(this.bytes.subarray(36, headSize));
  }

  /** Milliseconds since 1970. */
  get txTime(): number {
    return this.bytes.readDoubleLE(24);
  }

  get metadata(): Metadata {
    const from = headSize + this.idLength;
    const txId = this.bytes.toString("latin1", from, from + (this.bytes[6] ?? 0));
    return { id: this.id, version: this.version, txTime: this.txTime, txId };
  }

  /** Undefined of a deletion, and of what was redacted. */
  get data(): IonValue | undefined {
    return this.bytes[4] === kinds.data ? readBinary(this.content) : undefined;
  }

  /** Of redacted data. */
  get dataHash(): Buffer | undefined {
    return this.bytes[4] === kinds.redacted ? Buffer.from(this.content) : undefined;
  }

  /** Whether it says that the document is there. */
  get isLive(): boolean {
    return this.bytes[4] !== kinds.deletion;
  }

  /** The top-level field that a reader looks for, without reading the others. */
  field(reader: FieldReader): IonValue | undefined {
    return this.bytes[4] === kinds.data ? reader.read(this.content) : undefined;
  }

  /** The revision before this one. */
  get previous(): StoredRevision | undefined {
    const at = this.bytes.readDoubleLE(8);
    return at === none ? undefined : new StoredRevision(this.heap, at, this.strandId);
  }

  /** Replaces the data by its hash, and wipes it. */
  redact(dataHash: Buffer): void {
    if (this.bytes[4] !== kinds.data) return;
    this.content.fill(0);
    this.bytes[4] = kinds.redacted;
    this.bytes.writeUInt32LE(dataHash.length, 0);
    this.content.set(dataHash);
  }

  private get idLength(): number {
    return this.bytes[5] ?? 0;
  }

  private get content(): Buffer {
    const from = headSize + this.idLength + (this.bytes[6] ?? 0);
    return this.bytes.subarray(from, from + this.bytes.readUInt32LE(0));
  }
}

/**
 * Writes a revision into a heap.
 * @param previous address of the document's revision before; undefined for its first
 * @returns its address
 */
export function storeRevision(heap: Heap, revision: Revision, previous: number | undefined): number {
  const { metadata, hash, data, encoded, dataHash, address } = revision;
  const content = data === undefined ? (dataHash ?? Buffer.alloc(0)) : (encoded ?? writeBinary(data));
  // A redacted content has to find room where the data was.
  const room = data === undefined ? content.length : Math.max(content.length, hash.length);
  const [idLength, txIdLength] = [metadata.id.length, metadata.txId.length];
  const { address: at, bytes } = heap.reserve(headSize + idLength + txIdLength + room);
  bytes.writeUInt32LE(content.length, 0);
  bytes[4] = data !== undefined ? kinds.data : dataHash !== undefined ? kinds.redacted : kinds.deletion;
  bytes[5] = idLength;
  bytes[6] = txIdLength;
  bytes.writeDoubleLE(previous ?? none, 8);
  bytes.writeDoubleLE(address.sequenceNo, 16);
  bytes.writeDoubleLE(metadata.txTime, 24);
  bytes.writeUInt32LE(metadata.version, 32);
  bytes.set(hash, 36);
  bytes.write(metadata.id, headSize, "latin1");
  bytes.write(metadata.txId, headSize + idLength, "latin1");
  bytes.set(content, headSize + idLength + txIdLength);
  return at;
}
