import type { ProofView } from "../views.ts";
import { hashOfIon, sha256Of } from "./ion-hash.ts";
import { bytesOfBase64, type IonNode, ionField } from "./ion-reader.ts";

type Hash = Uint8Array<ArrayBuffer>;

/**
 * Proves a revision as the history shows it, in the browser: its hash is computed from its metadata and data, and folded with the proof it has
 * to be the ledger's digest.
 * @returns what is wrong, or undefined
 */
export async function proofProblemOf(
  revision: IonNode,
  { proof, digest }: Pick<ProofView, "proof" | "digest">,
): Promise<string | undefined> {
  const claimed = hashIn(ionField(revision, "hash"));
  const metadata = ionField(revision, "metadata");
  if (claimed === undefined || metadata === undefined) return "it has no hash or no metadata";
  const computed = await revisionHashOf(metadata, revision, claimed);
  if (!isSameHash(computed, claimed)) return "its hash is not that of its metadata and data";
  let folded: Hash = claimed;
  for (const hash of proof) folded = await joined(folded, bytesOfBase64(hash));
  return isSameHash(folded, bytesOfBase64(digest)) ? undefined : "its hash and the proof do not give the digest";
}

/** `dot(H(metadata), H(data))`, with the data's own hash where it is redacted, and that of nothing for a deletion; older deletions have the metadata's alone. */
async function revisionHashOf(metadata: IonNode, revision: IonNode, claimed: Hash): Promise<Hash> {
  const ofMetadata = await hashOfIon(metadata);
  const data = ionField(revision, "data");
  if (data !== undefined) return joined(ofMetadata, await hashOfIon(data));
  const redacted = hashIn(ionField(revision, "dataHash"));
  if (redacted !== undefined) return joined(ofMetadata, redacted);
  return isSameHash(claimed, ofMetadata) ? ofMetadata : joined(ofMetadata, await sha256Of(new Uint8Array()));
}

/** QLDB's way to join two hashes: the lesser first, compared from the last byte to the first as signed bytes. */
async function joined(a: Hash, b: Hash): Promise<Hash> {
  const [first, second] = isLess(b, a) ? [b, a] : [a, b];
  return sha256Of(Uint8Array.from([...first, ...second]));
}

function isLess(a: Hash, b: Hash): boolean {
  const [signedA, signedB] = [new Int8Array(a), new Int8Array(b)];
  for (let index = signedA.length - 1; index >= 0; index--) {
    const difference = (signedA[index] ?? 0) - (signedB[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function hashIn(node: IonNode | undefined): Hash | undefined {
  return node?.type === "blob" && node.bytes.length === 32 ? node.bytes : undefined;
}

function isSameHash(a: Hash, b: Hash): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
