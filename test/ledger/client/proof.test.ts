import { expect, test } from "vitest";
import { proofProblem } from "../../../cli/ledger/verify-document.ts";
import { computedRevisionHash, foldProof, proofHashes, revisionProblem } from "../../../ledger/client/proof.ts";
import { merkleProof, merkleRoot } from "../../../ledger/digest/merkle.ts";
import { ionHash } from "../../../ledger/ion/hash.ts";
import { readText, writeText } from "../../../ledger/ion/text.ts";
import type { IonValue } from "../../../ledger/ion/value.ts";
import type { BlockRules } from "../../../ledger/journal/block-rules.ts";
import { revisionHash, revisionValue } from "../../../ledger/store/revision.ts";
import { Random, randomDocument } from "../random.ts";

const address = { strandId: "strand", sequenceNo: 3 };

function revision(id: string, data: string | undefined, rules: BlockRules = 2) {
  const metadata = { id, version: 2, txTime: 1_700_000_000_000, txId: "tx" };
  const value = data === undefined ? undefined : readText(data);
  return { address, hash: revisionHash(metadata, value, rules), metadata, ...(value === undefined ? {} : { data: value }) };
}

const revisions = [revision("a", "{n: 1, list: [x, 2.50]}"), revision("b", undefined), revision("c", "{}")];
/** The same value with a piece of its text replaced. */
function changed(value: IonValue, from: string | RegExp, to: string): IonValue {
  const before = writeText(value);
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  return readText(after);
}

test("a revision's hash is computed from its metadata and data, a deletion's as before there were rules, too", () => {
  for (const each of [...revisions, revision("b", undefined, 1)]) {
    const value = readText(writeText(revisionValue(each)));
    expect(computedRevisionHash(value)).toEqual(each.hash);
    expect(revisionProblem(value)).toBeUndefined();
  }
});

test("redacted data still gives the revision's hash by its own hash, and no other", () => {
  const { data, ...kept } = revision("a", "{secret: 1}");
  if (data === undefined) throw new Error("no data");
  expect(revisionProblem(revisionValue({ ...kept, dataHash: ionHash(data) }))).toBeUndefined();
  const other = revisionValue({ ...kept, dataHash: Buffer.alloc(32, 5) });
  expect(revisionProblem(other)).toMatch(/^its hash is [0-9a-f]{64}, its metadata and data give [0-9a-f]{64}$/);
});

test("any document keeps its hash on its way through Ion text", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const data = randomDocument(new Random(seed));
    const metadata = { id: "a", version: 0, txTime: 1_700_000_000_000, txId: "tx" };
    const value = revisionValue({ address, hash: revisionHash(metadata, data, 2), metadata, data });
    expect(revisionProblem(readText(writeText(value))), `seed ${seed}`).toBeUndefined();
  }
});

test.each([
  ["data", "n:1", "n:2"],
  ["a number's precision", "2.50", "2.5"],
  ["the version", "version:2", "version:3"],
  ["the hash", /hash:\{\{../, "hash:{{AA"],
])("a revision whose %s was changed is told", (_what, from, to) => {
  const value = revisionValue(revision("a", "{n: 1, list: [x, 2.50]}"));
  expect(revisionProblem(changed(value, from, to))).toMatch(/^its hash is /);
});

test("a proof folds to the digest; a tampered one, or another leaf, does not", () => {
  for (let size = 1; size <= 9; size++) {
    const leaves = Array.from({ length: size }, (_, index) => Buffer.alloc(32, index + 1));
    const digest = merkleRoot(leaves);
    for (const [index, leaf] of leaves.entries()) {
      const proof = merkleProof(leaves, index);
      expect(foldProof(leaf, proof)).toEqual(digest);
      expect(foldProof(Buffer.alloc(32, 99), proof)).not.toEqual(digest);
      for (let place = 0; place < proof.length; place++) {
        const tampered = proof.map((hash, at) => (at === place ? Buffer.alloc(32, 98) : hash));
        expect(foldProof(leaf, tampered)).not.toEqual(digest);
        expect(foldProof(leaf, proof.toSpliced(place, 1))).not.toEqual(digest);
      }
    }
  }
});

test("a document's revision is proved only by the right proof, digest and journal", () => {
  const [shown, other] = revisions.map(revisionValue);
  if (shown === undefined || other === undefined) throw new Error("no revisions");
  const hashes = revisions.map(({ hash }) => hash);
  const [digest, proof] = [merkleRoot(hashes), merkleProof(hashes, 0)];
  expect(proofProblem(shown, shown, proof, digest)).toBeUndefined();
  expect(proofProblem(shown, shown, proof.toReversed(), digest)).toMatch(/^the digest is .*, hash and proof give /);
  expect(proofProblem(shown, shown, proof, Buffer.alloc(32))).toMatch(/^the digest is 0{64}, /);
  expect(proofProblem(shown, other, proof, digest)).toBe("the journal holds another one");
  expect(proofProblem(shown, changed(shown, "n:1", "n:2"), proof, digest)).toMatch(/^in the journal its hash is /);
});

test("what is no proof is refused", () => {
  expect(proofHashes(readText(`[{{${"A".repeat(43)}=}}]`))).toEqual([Buffer.alloc(32)]);
  expect(() => proofHashes(readText("[{{AAAA}}]"))).toThrow("no hash");
  expect(() => proofHashes(readText("{}"))).toThrow("no list");
});
