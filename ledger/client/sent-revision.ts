import { BinaryHasher } from "../ion/binary-hash.ts";
import { Reader, type SymbolTable } from "../ion/binary-reader.ts";
import { BinaryWalker, codes } from "../ion/binary-walker.ts";
import { IonError } from "../ion/errors.ts";
import { type IonValue, ionLimits } from "../ion/value.ts";
import { differs, hashSize, joinedRevisionHash } from "./proof.ts";

/** Documents lie a few levels deep in blocks and rows. */
const depth = ionLimits.depth + 10;

const empty = Buffer.alloc(0);

/** A revision, as it lies in binary Ion that a ledger has sent. */
export interface SentRevision {
  /** The id of its document; none where it shows no more than its hash, as those of the ledger's own may. */
  readonly documentId: string;
  /** The hash that it claims. */
  readonly hash: Buffer;
  /** Whether it has data: that of a deletion has none, nor has one that is redacted. */
  readonly live: boolean;
  /** Of the block that it says to be in. */
  readonly sequenceNo: number | undefined;
  /** What is wrong with its hash, computed anew from what it shows. */
  readonly problem: string | undefined;
}

/** Looks at what a ledger has sent in binary Ion: nothing is made of it but what is asked for. */
export class SentIon {
  private readonly hasher = new BinaryHasher(depth);
  private readonly reader = new Reader(empty);
  /** What the last stream began with, and the symbols that came of it: rows of one table mostly begin alike. */
  private known: { readonly prefix: Buffer; readonly table: SymbolTable } | undefined;

  /**
   * Tells the structs of a stream, and in front of each the walker that knows its symbols.
   * @throws IonError for bytes that are no stream of structs
   */
  *structs(bytes: Buffer): Generator<{ readonly walker: BinaryWalker; readonly at: number }> {
    if (bytes.length < 4 || bytes.readUInt32BE(0) !== 0xe00100ea) throw new IonError("not binary Ion 1.0: the version marker is missing");
    const reader = new Reader(bytes);
    const { known } = this;
    const isKnown = known !== undefined && bytes.subarray(0, known.prefix.length).equals(known.prefix);
    if (isKnown) reader.goOn(bytes, known.prefix.length, known.table);
    for (let isNew = !isKnown; reader.at < bytes.length; ) {
      const { at } = reader;
      if ((bytes[at] ?? 0) >> 4 !== codes.struct) {
        if (reader.topLevel() !== undefined) throw new IonError("a value in it is no struct");
        continue;
      }
      const walker = new BinaryWalker(bytes, reader.symbolTable);
      walker.look(at, bytes.length);
      if (isNew) this.known = { prefix: Buffer.from(bytes.subarray(0, at)), table: walker.table };
      isNew = false;
      reader.at = walker.end;
      yield { walker, at };
    }
  }

  /** Ion hash of the value that begins at an offset. */
  hash(walker: BinaryWalker, at: number): Buffer {
    return this.hasher.hash(walker, at, walker.bytes.length);
  }

  /** The value that begins at an offset, made. */
  value({ bytes, table }: BinaryWalker, at: number): IonValue {
    this.reader.goOn(bytes, at, table);
    const value = this.reader.value(bytes.length, 1);
    if (value === undefined) throw new IonError("padding is no value");
    return value;
  }

  /**
   * The revision that begins at an offset, its hash computed anew.
   * @param block which it has to be in; undefined for one that was found otherwise
   */
  revision(walker: BinaryWalker, at: number, block?: BlockMarks): SentRevision {
    const [metadata, data, dataHash, address, ownHash] = placesOf(walker, at, revisionFields);
    const hash = hashAt(walker, ownHash);
    const live = data !== undefined;
    const sequenceNo = address === undefined ? undefined : numberAt(walker, placesOf(walker, address, addressFields)[0]);
    if (metadata === undefined) {
      // Of a revision of the ledger's own GetBlock shows no more than its hash.
      const isHidden = hash.length > 0 && fieldPlaces(walker, at).size === 1;
      return { documentId: "", hash, live, sequenceNo, problem: isHidden ? undefined : "it has no metadata" };
    }
    const computed = joinedRevisionHash({
      claimed: hash,
      ofMetadata: this.hash(walker, metadata),
      ofData: data === undefined ? undefined : this.hash(walker, data),
      dataHash: dataHash === undefined ? undefined : hashAt(walker, dataHash),
    });
    const problem = computed.equals(hash) ? undefined : differs("its hash", hash, "its metadata and data give", computed);
    const [id, txId, txTime] = placesOf(walker, metadata, metadataFields);
    const displaced = block && placeProblem(walker, { blockAddress: address, transactionId: txId, blockTimestamp: txTime }, block);
    return { documentId: textAt(walker, id), hash, live, sequenceNo, problem: problem ?? displaced };
  }
}

const revisionFields = ["metadata", "data", "dataHash", "blockAddress", "hash"];
const metadataFields = ["id", "txId", "txTime"];
const addressFields = ["sequenceNo"];

/** What a block and its revisions have in common: where each of these begins. */
export interface BlockMarks {
  readonly blockAddress: number | undefined;
  readonly transactionId: number | undefined;
  readonly blockTimestamp: number | undefined;
}

/** None of this is in the block's hash but by the revisions' metadata, and the address nowhere. */
function placeProblem(walker: BinaryWalker, own: BlockMarks, block: BlockMarks): string | undefined {
  if (!sameAt(walker, own.blockAddress, block.blockAddress)) return "its blockAddress is not that of its block";
  if (!sameAt(walker, own.transactionId, block.transactionId)) return "its txId is not that of its block";
  return sameAt(walker, own.blockTimestamp, block.blockTimestamp) ? undefined : "its txTime is not that of its block";
}

/** Whether two values are written alike. */
function sameAt(walker: BinaryWalker, one: number | undefined, other: number | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  const { bytes } = walker;
  walker.look(one, bytes.length);
  const { end } = walker;
  walker.look(other, bytes.length);
  return bytes.compare(bytes, one, end, other, walker.end) === 0;
}

/** Where the values of some fields of a struct begin, the first of each name; undefined for those that it does not have. */
export function placesOf(walker: BinaryWalker, at: number, names: readonly string[]): readonly (number | undefined)[] {
  const places: (number | undefined)[] = names.map(() => undefined);
  walker.look(at, walker.bytes.length);
  if (walker.code !== codes.struct || walker.isNull) return places;
  walker.fields(walker.start, walker.end, (name, place) => {
    const index = name === null ? -1 : names.indexOf(name);
    if (index >= 0) places[index] ??= place;
  });
  return places;
}

/** Where the value of each field of a struct begins, the first of a name. None for anything but a struct. */
export function fieldPlaces(walker: BinaryWalker, at: number): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  walker.look(at, walker.bytes.length);
  if (walker.code !== codes.struct || walker.isNull) return places;
  walker.fields(walker.start, walker.end, (name, place) => {
    if (name !== null && !places.has(name)) places.set(name, place);
  });
  return places;
}

/** The text that begins at an offset; none for anything else. */
export function textAt(walker: BinaryWalker, at: number | undefined): string {
  if (at === undefined) return "";
  walker.look(at, walker.bytes.length);
  return walker.code === codes.string && !walker.isNull ? walker.text() : "";
}

/** The number from 0 on that begins at an offset; undefined for anything else. */
function numberAt(walker: BinaryWalker, at: number | undefined): number | undefined {
  if (at === undefined) return undefined;
  walker.look(at, walker.bytes.length);
  if (walker.code !== codes.positive || walker.isNull) return undefined;
  let number = 0;
  for (let place = walker.start; place < walker.end; place++) number = number * 256 + (walker.bytes[place] ?? 0);
  return number;
}

/** The bytes of the hash that begins at an offset; none for anything else. */
export function hashAt(walker: BinaryWalker, at: number | undefined): Buffer {
  if (at === undefined) return empty;
  walker.look(at, walker.bytes.length);
  const { bytes, code, start, end } = walker;
  return code === codes.blob && end - start === hashSize ? Buffer.from(bytes.subarray(start, end)) : empty;
}
