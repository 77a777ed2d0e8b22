import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { dot } from "../../../ledger/digest/dot.ts";
import { merkleProof, merkleRoot } from "../../../ledger/digest/merkle.ts";
import { GrowingRoot } from "../../../ledger/digest/merkle-root.ts";
import { StatementDigests, transactionDigest } from "../../../ledger/digest/statement-digest.ts";
import { newId } from "../../../ledger/ids.ts";
import { writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { sha256 } from "../../../ledger/ion/hash.ts";
import { Random, randomValue } from "../random.ts";

/** The driver's own hash; its declaration is not published. */
interface DriverHash {
  dot(other: DriverHash): DriverHash;
  getQldbHash(): Uint8Array;
}
const { QldbHash } = createRequire(import.meta.url)("amazon-qldb-driver-nodejs/dist/src/QldbHash.js") as {
  QldbHash: { new (hash: Uint8Array): DriverHash; toQldbHash(value: string | Uint8Array): DriverHash };
};

const hashes = (count: number) => Array.from({ length: count }, (_, index) => sha256(Buffer.from(`leaf ${index}`)));
const byDriver = (a: Buffer, b: Buffer) => Buffer.from(new QldbHash(a).dot(new QldbHash(b)).getQldbHash());

test("two hashes are joined as the drivers join them", () => {
  const random = new Random(2);
  for (let count = 0; count < 500; count++) {
    const [a, b] = [0, 1].map(() => Buffer.from(Array.from({ length: 32 }, () => random.pick([0, 1, 127, 128, 129, 255]))));
    if (a === undefined || b === undefined) throw new Error("two hashes are needed");
    // The last bytes decide: often they are equal.
    if (random.below(2) === 0) {
      const same = 1 + random.below(31);
      b.set(a.subarray(same), same);
    }
    expect(dot(a, b)).toEqual(byDriver(a, b));
    expect(dot(b, a)).toEqual(dot(a, b));
  }
});

test("an empty hash is neutral", () => {
  const [hash = Buffer.alloc(32)] = hashes(1);
  expect(dot(hash, Buffer.alloc(0))).toEqual(hash);
  expect(dot(Buffer.alloc(0), hash)).toEqual(hash);
  expect(merkleRoot([])).toHaveLength(0);
  expect(merkleRoot([hash])).toEqual(hash);
});

test("a root over three: the odd one moves up", () => {
  const [a = Buffer.alloc(0), b = Buffer.alloc(0), c = Buffer.alloc(0)] = hashes(3);
  expect(merkleRoot([a, b, c])).toEqual(byDriver(byDriver(a, b), c));
});

test.each(Array.from({ length: 33 }, (_, index) => index + 1))("every proof folds to the root: %i leaves", (count) => {
  const leaves = hashes(count);
  const root = merkleRoot(leaves);
  leaves.forEach((leaf, index) => {
    expect(merkleProof(leaves, index).reduce(dot, leaf)).toEqual(root);
    const other = sha256(leaf);
    expect(merkleProof(leaves, index).reduce(dot, other)).not.toEqual(root);
  });
});

test("a root that grows leaf by leaf is that of all leaves so far", () => {
  const leaves = hashes(70);
  const growing = new GrowingRoot();
  expect(growing.root).toHaveLength(0);
  leaves.forEach((leaf, index) => {
    growing.append(leaf);
    expect(growing.root).toEqual(merkleRoot(leaves.slice(0, index + 1)));
  });
});

test("the commit digest is the one that the driver computes", () => {
  const digests = new StatementDigests();
  const random = new Random(4);
  for (let count = 0; count < 100; count++) {
    const id = newId();
    let expected = QldbHash.toQldbHash(id);
    let own = transactionDigest(id);
    for (let index = 0; index < 3; index++) {
      const statement = random.pick(["INSERT INTO T ?", "SELECT * FROM T", "ünïcødé 🙂"]);
      const parameters = Array.from({ length: random.below(3) }, () => randomValue(random));
      const statementHash = parameters.reduce(
        (joined, parameter) => joined.dot(QldbHash.toQldbHash(writeBinary(parameter))),
        QldbHash.toQldbHash(statement),
      );
      expected = expected.dot(statementHash);
      own = dot(own, digests.digest(statement, parameters));
    }
    expect(own.toString("hex")).toBe(Buffer.from(expected.getQldbHash()).toString("hex"));
  }
});
