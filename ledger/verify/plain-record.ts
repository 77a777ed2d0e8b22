import { dot } from "../digest/dot.ts";
import { merkleRoot } from "../digest/merkle.ts";
import type { BinaryHasher } from "../ion/binary-hash.ts";
import { Reader } from "../ion/binary-reader.ts";
import { codes } from "../ion/binary-walker.ts";
import { IonError } from "../ion/errors.ts";
import { ExactWalker } from "../ion/exact-walker.ts";
import type { IonValue } from "../ion/value.ts";
import type { BlockBefore } from "../journal/block.ts";
import { presentRules } from "../journal/block-rules.ts";
import { hashOfNothing } from "../store/revision.ts";

/** What of a sound block is needed to go on. */
export interface VerifiedBlock {
  readonly blockHash: Buffer;
  /** How many. */
  readonly revisions: number;
}

const blockFields = [
  ...["blockAddress", "transactionId", "blockTimestamp", "blockHash", "entriesHash", "previousBlockHash", "entriesHashList"],
  ...["transactionInfo", "revisions", "rules"],
];
/** One with data, one whose data is redacted, a deletion. */
const writtenRevisions = [
  ["blockAddress", "hash", "data", "metadata"],
  ["blockAddress", "hash", "dataHash", "metadata"],
  ["blockAddress", "hash", "metadata"],
];
const metadataFields = ["id", "version", "txTime", "txId"];
const hashSize = 32;

/**
 * Verifies the record of a block as it lies in binary Ion, in two thirds of the time that it takes to make a block of it. That is possible for
 * what is written exactly as this version writes a block with revisions: what is hashed has to be the whole of what is read.
 * @returns undefined for a block that is written otherwise, or is not sound. Which of both, and what is wrong, only the made block tells
 */
export function soundPlainRecord(content: Buffer, hasher: BinaryHasher, expected: BlockBefore): VerifiedBlock | undefined {
  try {
    const found = onlyStruct(content);
    return found && new PlainRecord(found.walker, hasher).sound(found.at, expected);
  } catch (error) {
    if (error instanceof IonError) return undefined;
    throw error;
  }
}

/** Where the one value of a record begins: before it there may be symbol tables, behind it padding. */
function onlyStruct(content: Buffer): { readonly walker: ExactWalker; readonly at: number } | undefined {
  if (content.length < 4 || content.readUInt32BE(0) !== 0xe00100ea) return undefined;
  const reader = new Reader(content);
  let found: { readonly walker: ExactWalker; readonly at: number } | undefined;
  while (reader.at < content.length) {
    const { at } = reader;
    if (found === undefined && (content[at] ?? 0) >> 4 === codes.struct) {
      const walker = new ExactWalker(content, reader.symbolTable);
      walker.look(at, content.length);
      reader.at = walker.end;
      found = { walker, at };
    } else if (reader.topLevel() !== undefined) return undefined;
  }
  return found;
}

class PlainRecord {
  private readonly walker: ExactWalker;
  private readonly hasher: BinaryHasher;

  constructor(walker: ExactWalker, hasher: BinaryHasher) {
    this.walker = walker;
    this.hasher = hasher;
  }

  sound(at: number, expected: BlockBefore): VerifiedBlock | undefined {
    const { walker } = this;
    const places = walker.places(at, blockFields);
    if (places === undefined) return undefined;
    const [address = 0, transactionId = 0, time = 0, blockHash = 0, entriesHash = 0, previous = 0, hashes = 0, ...rest] = places;
    const [info = 0, revisions = 0, rules = 0] = rest;
    if (!this.isPlace(address, expected) || walker.value(transactionId).type !== "string" || !walker.isMoment(time)) return undefined;
    if (!isNumber(walker.value(rules), presentRules) || !this.has(previous, expected.previousBlockHash)) return undefined;
    const found = this.revisions(revisions, address, time);
    if (found === undefined || !this.isInfo(info)) return undefined;
    const entries = [this.hash(info), merkleRoot(found)];
    const root = merkleRoot(entries);
    const own = dot(root, expected.previousBlockHash);
    const sound = this.areHashes(hashes, entries) && this.has(entriesHash, root) && this.has(blockHash, own);
    return sound ? { blockHash: own, revisions: found.length } : undefined;
  }

  private isPlace(at: number, { strandId, sequenceNo }: BlockBefore): boolean {
    const { walker } = this;
    const places = walker.places(at, ["strandId", "sequenceNo"]);
    if (places === undefined) return false;
    const [strand = 0, number = 0] = places;
    return isText(walker.value(strand), strandId) && isNumber(walker.value(number), sequenceNo);
  }

  /** The hash of each revision. @returns undefined where there is none, or one that does not fit what the revision says */
  private revisions(at: number, address: number, time: number): Buffer[] | undefined {
    const items = this.walker.list(at);
    const found: Buffer[] = [];
    for (const item of items ?? []) {
      const hash = this.revision(item, address, time);
      if (hash === undefined) return undefined;
      found.push(hash);
    }
    return found.length > 0 ? found : undefined;
  }

  private revision(at: number, address: number, time: number): Buffer | undefined {
    const { walker } = this;
    for (const names of writtenRevisions) {
      const places = walker.places(at, names);
      if (places === undefined) continue;
      const [own = 0, claimed = 0, shown = 0] = places;
      const metadata = places.at(-1) ?? 0;
      const ofContent = this.contentHash(names[2], shown);
      if (ofContent?.length !== hashSize || !walker.isSame(own, address) || !this.isMetadata(metadata, time)) return undefined;
      const hash = dot(this.hash(metadata), ofContent);
      return this.has(claimed, hash) ? hash : undefined;
    }
    return undefined;
  }

  private contentHash(name: string | undefined, at: number): Buffer | undefined {
    if (name === "data") return this.hash(at);
    return name === "dataHash" ? this.walker.blob(at) : hashOfNothing;
  }

  /** The time of a revision is that of its block. */
  private isMetadata(at: number, blockTime: number): boolean {
    const { walker } = this;
    const places = walker.places(at, metadataFields);
    if (places === undefined) return false;
    const [id = 0, version = 0, time = 0, transactionId = 0] = places;
    return walker.isString(id) && walker.isCount(version) && walker.isSame(time, blockTime) && walker.isString(transactionId);
  }

  private isInfo(at: number): boolean {
    const { walker } = this;
    const [statements = 0, documents] = walker.places(at, ["statements", "documents"]) ?? [];
    const owners = documents === undefined ? undefined : walker.entries(documents);
    if (owners === undefined || !every(walker.list(statements), (each) => this.isStatement(each))) return false;
    for (const owner of owners.values()) if (!this.isOwner(owner)) return false;
    return true;
  }

  private isStatement(at: number): boolean {
    const { walker } = this;
    const places = walker.places(at, ["statement", "startTime", "statementDigest"]);
    if (places === undefined) return false;
    const [statement = 0, time = 0, digest = 0] = places;
    return walker.isString(statement) && walker.isMoment(time) && walker.blob(digest) !== undefined;
  }

  /** What is said of a document: its table, and the statements that changed it. */
  private isOwner(at: number): boolean {
    const { walker } = this;
    const places = walker.places(at, ["tableName", "tableId", "statements"]);
    if (places === undefined) return false;
    const [name = 0, id = 0, statements = 0] = places;
    return walker.isString(name) && walker.isString(id) && every(walker.list(statements), (each) => walker.isCount(each));
  }

  private areHashes(at: number, hashes: readonly Buffer[]): boolean {
    const items = this.walker.list(at);
    return items?.length === hashes.length && items.every((item, index) => this.has(item, hashes[index]));
  }

  private has(at: number, hash: Buffer | undefined): boolean {
    return hash !== undefined && this.walker.blob(at)?.equals(hash) === true;
  }

  private hash(at: number): Buffer {
    return this.hasher.hash(this.walker, at, this.walker.bytes.length);
  }
}

function isText(value: IonValue, text: string): boolean {
  return value.type === "string" && value.value === text;
}

function isNumber(value: IonValue, number: number): boolean {
  return value?.type === "int" && value.value === BigInt(number);
}

function every(places: readonly number[] | undefined, fits: (at: number) => boolean): boolean {
  return places?.every(fits) === true;
}
