import { expect, test } from "vitest";
import { proofProblem } from "../../../cli/ledger/verify-document.ts";
import { blockProofProblem, computedRevisionHash, foldProof, proofHashes, revisionProblem } from "../../../ledger/client/proof.ts";
import { merkleProof, merkleRoot } from "../../../ledger/digest/merkle.ts";
import { ionHash } from "../../../ledger/ion/hash.ts";
import { readText, writeText } from "../../../ledger/ion/text.ts";
import { field, type IonValue } from "../../../ledger/ion/value.ts";
import { blockValue, makeBlock } from "../../../ledger/journal/block.ts";
import type { BlockRules } from "../../../ledger/journal/block-rules.ts";
import { revisionHash, revisionValue } from "../../../ledger/store/revision.ts";
import { Random, randomDocument } from "../random.ts";

const address = { strandId: "strand", sequenceNo: 3 };
const previous = Buffer.alloc(32, 7);

function revision(id: string, data: string | undefined, rules: BlockRules = 2) {
  const metadata = { id, version: 2, txTime: 1_700_000_000_000, txId: "tx" };
  const value = data === undefined ? undefined : readText(data);
  return { address, hash: revisionHash(metadata, value, rules), metadata, ...(value === undefined ? {} : { data: value }) };
}

const revisions = [revision("a", "{n: 1, list: [x, 2.50]}"), revision("b", undefined), revision("c", "{}")];
const info = {
  statements: [{ statement: "DELETE FROM T", startTime: 1_700_000_000_000, statementDigest: Buffer.alloc(32, 1) }],
  documents: new Map([["a", { tableName: "T", tableId: "t", statements: [0] }]]),
};
const redaction = { address: { ...address, sequenceNo: 1 }, tableId: "t", documentId: "a", version: 5 };
const parts = { address, transactionId: "tx", timestamp: 1_700_000_000_001, info, redactions: [redaction] };
const block = blockValue(makeBlock({ ...parts, rules: 2, revisions }, previous));
const expected = { ...address, previousBlockHash: previous };

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

test("a block holds together", () => {
  expect(blockProofProblem(readText(writeText(block)), expected)).toBeUndefined();
});

test("a block of before there were rules holds together, and is told where its redactions were changed", () => {
  const former = blockValue(makeBlock({ ...parts, rules: 1, revisions: [revision("b", undefined, 1)] }, previous));
  expect(blockProofProblem(readText(writeText(former)), expected)).toBeUndefined();
  const forged = changed(former, "version:5", "version:4");
  expect(blockProofProblem(forged, expected)).toBe("the hash of its redactions is not in its entriesHashList");
});

test.each([
  ["a document", "n:1", "n:2", "revision of document a: its hash is "],
  ["a statement", "DELETE FROM T", "DELETE FROM U", "the hash of its transactionInfo is not in its entriesHashList"],
  ["a redaction", "version:5", "version:4", "the hash of its redactionInfo is not in its entriesHashList"],
  ["its place", "sequenceNo:3", "sequenceNo:4", "its address is another one"],
  ["the link", /previousBlockHash:\{\{../, "previousBlockHash:{{AA", "its previousBlockHash is "],
  ["its own hash", /blockHash:\{\{../, "blockHash:{{AA", "its blockHash is not that of its entries"],
  ["the root of its entries", /entriesHash:\{\{../, "entriesHash:{{AA", "its entriesHash is not that of its entriesHashList"],
  ["an entry", /entriesHashList:\[\{\{../, "entriesHashList:[{{AA", "its entriesHash is not that of its entriesHashList"],
])("a block of which %s was changed is told", (_what, from, to, problem) => {
  expect(blockProofProblem(changed(block, from, to), expected)).toContain(problem);
});

test("a revision that was taken out of its block is missed", () => {
  const fields = block.type === "struct" ? block.fields : [];
  const fewer = fields.map((each) => {
    if (each.name !== "revisions" || each.value.type !== "list") return each;
    return { ...each, value: { ...each.value, items: each.value.items.slice(1) } };
  });
  expect(blockProofProblem({ type: "struct", fields: fewer }, expected)).toBe("the hash of its revisions is not in its entriesHashList");
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
  const [shown = block, other = block] = revisions.map(revisionValue);
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
  expect(field(block, "revisions")?.type).toBe("list");
});
