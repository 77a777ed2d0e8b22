import { readBinary } from "../ion/binary-reader.ts";
import { writeBinary } from "../ion/binary-writer.ts";
import { equalityKey } from "../ion/compare.ts";
import { ionHash } from "../ion/hash.ts";
import type { StructReader } from "../ion/unread-struct.ts";
import { field, type IonValue } from "../ion/value.ts";
import { chunkSize, type Heap } from "./heap.ts";
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

/** Where revisions lie, and what reads their data. */
export interface RevisionSource {
  readonly heap: Heap;
  readonly reader: StructReader;
  readonly strandId: string;
}

/** A revision that lies in a heap: what is asked for is read from there. */
export class StoredRevision implements Revision {
  /** Where it is in its heap. */
  readonly at: number;
  private readonly source: RevisionSource;
  /** Where it begins in its chunk. */
  private readonly from: number;

  constructor(source: RevisionSource, at: number) {
    this.source = source;
    this.at = at;
    this.from = at % chunkSize;
  }

  get id(): string {
    return this.bytes.toString("latin1", this.from + headSize, this.from + headSize + this.idLength);
  }

  /** From 0. */
  get version(): number {
    return this.bytes.readUInt32LE(this.from + 32);
  }

  get sequenceNo(): number {
    return this.bytes.readDoubleLE(this.from + 16);
  }

  get address(): BlockAddress {
    return { strandId: this.source.strandId, sequenceNo: this.sequenceNo };
  }

  get hash(): Buffer {
    return Buffer.from(this.bytes.subarray(this.from + 36, this.from + headSize));
  }

  /** Milliseconds since 1970. */
  get txTime(): number {
    return this.bytes.readDoubleLE(this.from + 24);
  }

  get metadata(): Metadata {
    const start = this.from + headSize + this.idLength;
    const txId = this.bytes.toString("latin1", start, this.contentStart);
    return { id: this.id, version: this.version, txTime: this.txTime, txId };
  }

  /** Undefined of a deletion, and of what was redacted. Its fields are read once they are asked for, and stay what they are now. */
  get data(): IonValue | undefined {
    if (this.kind !== kinds.data) return undefined;
    const { heap, reader } = this.source;
    const start = this.contentStart;
    return reader.read(heap.lend(this.at), start, start + this.contentLength);
  }

  /** Of redacted data. */
  get dataHash(): Buffer | undefined {
    return this.kind === kinds.redacted ? Buffer.from(this.content) : undefined;
  }

  /** Whether it says that the document is there. */
  get isLive(): boolean {
    return this.kind !== kinds.deletion;
  }

  /** The key that an index finds the top-level field of a name by. */
  fieldKey(name: string): string | undefined {
    if (this.kind !== kinds.data) return undefined;
    const start = this.contentStart;
    const found = field(this.source.reader.read(this.bytes, start, start + this.contentLength), name);
    return found && equalityKey(found);
  }

  /** The revision before this one. */
  get previous(): StoredRevision | undefined {
    const at = this.bytes.readDoubleLE(this.from + 8);
    return at === none ? undefined : new StoredRevision(this.source, at);
  }

  /** Replaces the data by its hash, and wipes it. */
  redact(): void {
    if (this.kind !== kinds.data) return;
    const dataHash = ionHash(readBinary(this.content));
    this.source.heap.own(this.at);
    this.content.fill(0);
    this.bytes[this.from + 4] = kinds.redacted;
    this.bytes.writeUInt32LE(dataHash.length, this.from);
    this.content.set(dataHash);
  }

  /** Of its chunk, as the heap has it now. */
  private get bytes(): Buffer {
    return this.source.heap.chunk(this.at);
  }

  private get kind(): number {
    return this.bytes[this.from + 4] ?? kinds.deletion;
  }

  private get idLength(): number {
    return this.bytes[this.from + 5] ?? 0;
  }

  private get contentStart(): number {
    return this.from + headSize + this.idLength + (this.bytes[this.from + 6] ?? 0);
  }

  private get contentLength(): number {
    return this.bytes.readUInt32LE(this.from);
  }

  private get content(): Buffer {
    const start = this.contentStart;
    return this.bytes.subarray(start, start + this.contentLength);
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
