import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { type dom, dumpBinary, loadAll } from "ion-js";

/** The driver's own hash: what is checked here, Amazon's code computes. */
interface DriverHash {
  dot(other: DriverHash): DriverHash;
  getQldbHash(): Uint8Array;
}
const { QldbHash } = createRequire(import.meta.url)("amazon-qldb-driver-nodejs/dist/src/QldbHash.js") as {
  QldbHash: { new (hash: Uint8Array): DriverHash; toQldbHash(value: string | Uint8Array): DriverHash };
};

/** The keys that a completed manifest lists, in Ion. */
export function manifestKeys(content: Buffer | string): string[] {
  const [manifest] = loadAll(content);
  return (manifest?.get("keys")?.elements() ?? []).map((key) => key.stringValue() ?? "");
}

/** The blocks of data objects in Ion, text or binary. */
export function blocksOf(contents: readonly (Buffer | string)[]): dom.Value[] {
  return contents.flatMap((content) => loadAll(content));
}

export function sequenceNo(block: dom.Value): number {
  return block.get("blockAddress", "sequenceNo")?.numberValue() ?? Number.NaN;
}

/** The data of all revisions of a block; none of revisions of table definitions. */
export function dataOf(block: dom.Value): dom.Value[] {
  return (block.get("revisions")?.elements() ?? []).flatMap((revision) => revision.get("data") ?? []);
}

/**
 * Computes every hash of exported blocks again, from the documents up, and follows the chain.
 * @returns what does not fit, or undefined
 */
export function chainProblem(blocks: readonly dom.Value[]): string | undefined {
  let before: dom.Value | undefined;
  for (const block of blocks) {
    const problem = blockProblem(block) ?? (before === undefined ? undefined : linkProblem(before, block));
    if (problem !== undefined) return `block ${sequenceNo(block)}: ${problem}`;
    before = block;
  }
  return undefined;
}

function linkProblem(before: dom.Value, block: dom.Value): string | undefined {
  if (sequenceNo(block) !== sequenceNo(before) + 1) return `it follows block ${sequenceNo(before)}`;
  return same(bytes(block.get("previousBlockHash")), bytes(before.get("blockHash"))) ? undefined : "previousBlockHash";
}

const blockFields = [
  ...["blockAddress", "transactionId", "blockTimestamp", "blockHash", "entriesHash", "previousBlockHash", "entriesHashList"],
  ...["transactionInfo", "redactionInfo", "revisions"],
];

/**
 * AWS's own verification of a block: `verifyBlockHash` and `verifyRevisionHash` of https://github.com/aws-samples/amazon-qldb-dmv-sample-java,
 * which reads blocks into a class and refuses fields that it does not know.
 */
function blockProblem(block: dom.Value): string | undefined {
  const unknown = block.fieldNames().find((name) => !blockFields.includes(name));
  if (unknown !== undefined) return `the field ${unknown}`;
  const entries = (block.get("entriesHashList")?.elements() ?? []).map(bytes);
  const missing = (hash: Uint8Array) => !entries.some((entry) => same(entry, hash));
  const [info, redactionInfo, revisions] = ["transactionInfo", "redactionInfo", "revisions"].map((name) => block.get(name));
  if (!info || missing(hashOf(info))) return "transactionInfo";
  if (redactionInfo && missing(hashOf(redactionInfo))) return "redactionInfo";
  if (revisions) {
    const all = revisions.elements() ?? [];
    if (!all.every(isSound)) return "the hash of a revision";
    if (missing(root(all.map((revision) => bytes(revision.get("hash")))))) return "revisions";
  }
  const entriesHash = root(entries);
  if (!same(bytes(block.get("entriesHash")), entriesHash)) return "entriesHash";
  return same(bytes(block.get("blockHash")), joined([entriesHash, bytes(block.get("previousBlockHash"))])) ? undefined : "blockHash";
}

/** Of revisions of the ledger's own there is the hash alone. */
function isSound(revision: dom.Value): boolean {
  const [address, metadata, data, dataHash] = ["blockAddress", "metadata", "data", "dataHash"].map((name) => revision.get(name));
  if (!address && !metadata && !data && !dataHash) return true;
  if (!metadata) return false;
  const ofData = dataHash ? bytes(dataHash) : data ? hashOf(data) : createHash("sha256").digest();
  return same(bytes(revision.get("hash")), joined([hashOf(metadata), ofData]));
}

/** Neighbours are joined until one is left; an odd last one moves up. */
function root(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length <= 1) return hashes[0] ?? new Uint8Array();
  const pairs = Array.from({ length: Math.ceil(hashes.length / 2) }, (_, index) => joined(hashes.slice(2 * index, 2 * index + 2)));
  return root(pairs);
}

function joined(hashes: readonly (Uint8Array | undefined)[]): Uint8Array {
  return hashes
    .flatMap((hash) => (hash === undefined || hash.length === 0 ? [] : [hash]))
    .reduce((left, right) => new QldbHash(left).dot(new QldbHash(right)).getQldbHash());
}

function hashOf(value: dom.Value): Uint8Array {
  return QldbHash.toQldbHash(dumpBinary(value)).getQldbHash();
}

function bytes(value: dom.Value | null): Uint8Array {
  const found = value?.uInt8ArrayValue();
  if (found === null || found === undefined) throw new Error("a hash is missing");
  return found;
}

function same(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && Buffer.from(a).equals(b);
}
