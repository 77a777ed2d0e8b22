import { dot } from "../digest/dot.ts";
import { ionHash } from "../ion/hash.ts";
import { field, type IonValue, textField } from "../ion/value.ts";
import { hashOfNothing } from "../store/revision.ts";

const empty = Buffer.alloc(0);

/** What the hash of a revision is computed from. */
export interface RevisionHashes {
  /** The hash that the revision claims to have. */
  readonly claimed: Buffer;
  readonly ofMetadata: Buffer;
  /** Undefined where it has no data. */
  readonly ofData: Buffer | undefined;
  /** What it shows in the place of redacted data. */
  readonly dataHash: Buffer | undefined;
}

/**
 * The hash of a revision: `dot(H(metadata), H(data))`, with the data's own hash where it is redacted, and that of nothing for a deletion.
 * Deletions in blocks of before have the metadata's hash alone, and are told by it.
 */
export function joinedRevisionHash({ claimed, ofMetadata, ofData, dataHash }: RevisionHashes): Buffer {
  const ofContent = ofData ?? dataHash;
  if (ofContent !== undefined) return dot(ofMetadata, ofContent);
  return claimed.equals(ofMetadata) ? ofMetadata : dot(ofMetadata, hashOfNothing);
}

/** The hash of a revision, computed from what it says. @returns undefined where it shows no metadata */
export function computedRevisionHash(revision: IonValue): Buffer | undefined {
  const [metadata, data, dataHash] = ["metadata", "data", "dataHash"].map((name) => field(revision, name));
  if (metadata === undefined) return undefined;
  return joinedRevisionHash({
    claimed: hashBytes(field(revision, "hash")),
    ofMetadata: ionHash(metadata),
    ofData: data && ionHash(data),
    dataHash: dataHash && hashBytes(dataHash),
  });
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

/** The id of the document that a revision is of. */
export function documentId(revision: IonValue): string {
  return textField(field(revision, "metadata"), "id") ?? "";
}

/** Bytes of a hash. */
export const hashSize = 32;

/** The bytes of a hash; none for anything else. */
export function hashBytes(value: IonValue | undefined): Buffer {
  return value?.type === "blob" && value.value.length === hashSize ? value.value : empty;
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
