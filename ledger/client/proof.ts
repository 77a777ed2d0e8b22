import { dot } from "../digest/dot.ts";
import { merkleRoot } from "../digest/merkle.ts";
import { ionHash } from "../ion/hash.ts";
import { field, type IonValue, textField } from "../ion/value.ts";
import { hashOfNothing } from "../store/revision.ts";

const empty = Buffer.alloc(0);

/**
 * The hash of a revision, computed from what it says: `dot(H(metadata), H(data))`, with the data's own hash where it is redacted, and that of
 * nothing for a deletion. Deletions in blocks of before have the metadata's hash alone, and are told by it.
 * @returns undefined where it shows no metadata
 */
export function computedRevisionHash(revision: IonValue): Buffer | undefined {
  const [metadata, data, dataHash] = ["metadata", "data", "dataHash"].map((name) => field(revision, name));
  if (metadata === undefined) return undefined;
  const ofMetadata = ionHash(metadata);
  if (data !== undefined) return dot(ofMetadata, ionHash(data));
  if (dataHash !== undefined) return dot(ofMetadata, hashBytes(dataHash));
  return hashBytes(field(revision, "hash")).equals(ofMetadata) ? ofMetadata : dot(ofMetadata, hashOfNothing);
}

/** @returns what is wrong with a revision's hash, or undefined */
export function revisionProblem(revision: IonValue): string | undefined {
  const computed = computedRevisionHash(revision);
  if (computed === undefined) return "it has no metadata";
  const claimed = hashBytes(field(revision, "hash"));
  return computed.equals(claimed) ? undefined : differs("its hash", claimed, "its metadata and data give", computed);
}

/** Joins a leaf with the hashes of a proof, one after the other: the digest, where both belong to it. */
export function foldProof(leaf: Buffer, proof: readonly Buffer[]): Buffer {
  return proof.reduce((joined, hash) => dot(joined, hash), leaf);
}

/** The hashes of a proof as the API sends it. @throws Error where it is no list of hashes */
export function proofHashes(proof: IonValue): Buffer[] {
  if (proof.type !== "list") throw new Error("the proof is no list");
  return proof.items.map((item) => {
    if (item.type !== "blob" || item.value.length !== 32) throw new Error("the proof holds something that is no hash");
    return item.value;
  });
}

/** What a block has to follow. */
export interface Expected {
  readonly strandId: string;
  readonly sequenceNo: number;
  /** No bytes for the first block. */
  readonly previousBlockHash: Buffer;
}

/**
 * Checks a block as GetBlock shows it: its place, its link to the block before, and every hash that can be computed from its content.
 * Revisions of the ledger's own are shown by their hash alone, which is taken as it is.
 * @returns what is wrong, or undefined
 */
export function blockProofProblem(block: IonValue, expected: Expected): string | undefined {
  const address = field(block, "blockAddress");
  const sequenceNo = field(address, "sequenceNo");
  if (
    textField(address, "strandId") !== expected.strandId ||
    sequenceNo?.type !== "int" ||
    Number(sequenceNo.value) !== expected.sequenceNo
  )
    return "its address is another one";
  const [blockHash, entriesHash, previous] = ["blockHash", "entriesHash", "previousBlockHash"].map((name) => hashBytes(field(block, name)));
  if (blockHash === undefined || entriesHash === undefined || previous === undefined) return "it lacks a hash";
  if (!previous.equals(expected.previousBlockHash))
    return differs("its previousBlockHash", previous, "the block before has", expected.previousBlockHash);
  return (
    entriesProblem(block, entriesHash) ??
    (dot(entriesHash, previous).equals(blockHash) ? undefined : "its blockHash is not that of its entries")
  );
}

function entriesProblem(block: IonValue, entriesHash: Buffer): string | undefined {
  const hashes = itemsOf(field(block, "entriesHashList")).map(hashBytes);
  if (!merkleRoot(hashes).equals(entriesHash)) return "its entriesHash is not that of its entriesHashList";
  const has = (hash: Buffer) => hashes.some((each) => each.equals(hash));
  const info = field(block, "transactionInfo");
  if (info !== undefined && !has(ionHash(info))) return "the hash of its transactionInfo is not in its entriesHashList";
  const redactionInfo = field(block, "redactionInfo");
  if (redactionInfo !== undefined && !has(ionHash(redactionInfo))) return "the hash of its redactionInfo is not in its entriesHashList";
  // Blocks of before have a list in its place.
  const redactions = field(block, "redactions");
  if (redactions !== undefined && !has(merkleRoot(itemsOf(redactions).map(ionHash))))
    return "the hash of its redactions is not in its entriesHashList";
  const revisions = itemsOf(field(block, "revisions"));
  for (const revision of revisions) {
    const problem = field(revision, "metadata") === undefined ? undefined : revisionProblem(revision);
    if (problem !== undefined) return `revision of document ${documentId(revision)}: ${problem}`;
  }
  if (revisions.length === 0) return undefined;
  if (has(merkleRoot(revisions.map((revision) => hashBytes(field(revision, "hash")))))) return undefined;
  return "the hash of its revisions is not in its entriesHashList";
}

/** The id of the document that a revision is of. */
export function documentId(revision: IonValue): string {
  return textField(field(revision, "metadata"), "id") ?? "";
}

/** Bytes of a blob; none for anything else. */
export function hashBytes(value: IonValue | undefined): Buffer {
  return value?.type === "blob" ? value.value : empty;
}

export function itemsOf(value: IonValue | undefined): readonly IonValue[] {
  return value?.type === "list" ? value.items : [];
}

/** "its hash is a…, its data give b…" */
export function differs(what: string, claimed: Buffer, source: string, computed: Buffer): string {
  return `${what} is ${hex(claimed)}, ${source} ${hex(computed)}`;
}

/** A hash as people compare it. */
export function hex(hash: Buffer): string {
  return hash.length === 0 ? "none" : hash.toString("hex");
}
