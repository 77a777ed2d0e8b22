import { expect, test } from "vitest";
import { type Expected, soundBlock } from "../../../ledger/client/sent-block.ts";
import { SentIon } from "../../../ledger/client/sent-revision.ts";
import { shownBlock } from "../../../ledger/control/shown-block.ts";
import { writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { IonError } from "../../../ledger/ion/errors.ts";
import { readText, writeText } from "../../../ledger/ion/text.ts";
import type { IonValue } from "../../../ledger/ion/value.ts";
import { type Block, blockValue, makeBlock, recordValue } from "../../../ledger/journal/block.ts";
import type { BlockRules } from "../../../ledger/journal/block-rules.ts";
import { blockContent } from "../../../ledger/journal/redaction.ts";
import { catalogId } from "../../../ledger/store/catalog.ts";
import { type Revision, revisionHash } from "../../../ledger/store/revision.ts";

const address = { strandId: "strand", sequenceNo: 3 };
const previous = Buffer.alloc(32, 7);
const expected = { ...address, previousBlockHash: previous };
const timestamp = 1_700_000_000_000;

function revision(id: string, data: string | undefined, rules: BlockRules = 2): Revision {
  const metadata = { id, version: 2, txTime: timestamp, txId: "tx" };
  const value = data === undefined ? undefined : readText(data);
  return { address, hash: revisionHash(metadata, value, rules), metadata, ...(value === undefined ? {} : { data: value }) };
}

const info = {
  statements: [{ statement: "DELETE FROM T", startTime: timestamp, statementDigest: Buffer.alloc(32, 1) }],
  documents: new Map(
    [
      ["a", "t"],
      ["b", "t"],
      ["c", "u"],
    ].map(([id = "", tableId = ""]) => [id, { tableName: "T", tableId, statements: [0] }]),
  ),
};
const redactions = [{ address: { ...address, sequenceNo: 1 }, tableId: "t", documentId: "a", version: 5 }];
const parts = { address, transactionId: "tx", timestamp, info, redactions };
const revisions = [revision("a", "{n: 1, list: [x, 2.50]}"), revision("b", undefined), revision("c", "{}")];
const made = makeBlock({ ...parts, rules: 2, revisions }, previous);
const block = blockValue(made);

/** What is wrong with the one block that some bytes are; undefined where it is sound. */
function problem(bytes: Buffer, follows: Expected = expected): string | undefined {
  const ion = new SentIon();
  const found: (string | undefined)[] = [];
  for (const { walker, at } of ion.structs(bytes)) {
    const block = soundBlock(ion, walker, at, follows);
    found.push("problem" in block ? block.problem : undefined);
  }
  if (found.length !== 1) throw new IonError(`${found.length} blocks`);
  return found[0];
}

/** The same value with a piece of its text replaced. */
function changed(value: IonValue, from: string | RegExp, to: string): Buffer {
  const before = writeText(value);
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  return writeBinary(readText(after));
}

function without(value: IonValue, name: string): IonValue {
  return { type: "struct", fields: (value.type === "struct" ? value.fields : []).filter((each) => each.name !== name) };
}

test("a block holds together, by way of text and as the journal has it", () => {
  expect(problem(writeBinary(readText(writeText(block))))).toBeUndefined();
  expect(problem(blockContent(made))).toBeUndefined();
});

test("what a sound block tells: its hash, and whose its revisions are", () => {
  const ion = new SentIon();
  const [first] = [...ion.structs(blockContent(made))];
  const sound = first && soundBlock(ion, first.walker, first.at, expected);
  expect(sound).toEqual({
    blockHash: made.blockHash,
    revisions: [
      { documentId: "a", tableId: "t", hash: revisions[0]?.hash, live: true, sequenceNo: 3, problem: undefined },
      { documentId: "b", tableId: "t", hash: revisions[1]?.hash, live: false, sequenceNo: 3, problem: undefined },
      { documentId: "c", tableId: "u", hash: revisions[2]?.hash, live: true, sequenceNo: 3, problem: undefined },
    ],
  });
});

test("a block of before there were rules holds together, and is told where its redactions were changed", () => {
  const former = blockValue(makeBlock({ ...parts, rules: 1, revisions: [revision("b", undefined, 1)] }, previous));
  expect(problem(writeBinary(former))).toBeUndefined();
  expect(problem(changed(former, "version:5", "version:4"))).toBe("the hash of its redactions is not in its entriesHashList");
  const empty = makeBlock({ ...parts, rules: 1, revisions: [], redactions: [] }, previous);
  expect(problem(writeBinary(recordValue(empty)))).toBeUndefined();
});

test("a definition of the ledger's own may be shown by its hash alone, what says more of itself may not", () => {
  const definitions = new Map([["a", { tableName: catalogId, tableId: catalogId, statements: [0] }]]);
  const own = makeBlock({ ...parts, rules: 2, info: { ...info, documents: definitions }, revisions: [revision("a", "{}")] }, previous);
  expect(problem(writeBinary(shownBlock(own)))).toBeUndefined();
  expect(problem(changed(blockValue(own), "metadata:", "mebadata:"))).toBe("revision of document ?: it has no metadata");
});

test.each([
  ["a document", "n:1", "n:2", "revision of document a: its hash is "],
  ["a number's precision", "2.50", "2.5", "revision of document a: its hash is "],
  ["a revision's hash", /hash:\{\{../, "hash:{{AA", "revision of document a: its hash is "],
  [
    "a revision's place",
    /(revisions.*?)sequenceNo:3/,
    "$1sequenceNo:4",
    "revision of document a: its blockAddress is not that of its block",
  ],
  ["its transaction", /transactionId:"tx"/, 'transactionId:"ty"', "revision of document a: its txId is not that of its block"],
  ["its time", /(blockTimestamp:20)23/, "$124", "revision of document a: its txTime is not that of its block"],
  ["a statement", "DELETE FROM T", "DELETE FROM U", "the hash of its transactionInfo is not in its entriesHashList"],
  ["a redaction", "version:5", "version:4", "the hash of its redactionInfo is not in its entriesHashList"],
  ["its number", "sequenceNo:3", "sequenceNo:4", "it is missing, block 4 is in its place"],
  ["its strand", 'strandId:"strand"', 'strandId:"other"', "it is missing, block 3 of strand other is in its place"],
  ["the link", /previousBlockHash:\{\{../, "previousBlockHash:{{AA", "its previousBlockHash is "],
  ["its own hash", /blockHash:\{\{../, "blockHash:{{AA", "its blockHash is not that of its entries"],
  ["the root of its entries", /entriesHash:\{\{../, "entriesHash:{{AA", "its entriesHash is not that of its entriesHashList"],
  ["an entry", /entriesHashList:\[\{\{../, "entriesHashList:[{{AA", "its entriesHash is not that of its entriesHashList"],
])("a block of which %s was changed is told", (_what, from, to, told) => {
  expect(problem(changed(block, from, to))).toContain(told);
});

test.each([
  ["transactionInfo", "its entriesHashList has the hash of something that it does not show"],
  ["redactionInfo", "its entriesHashList has the hash of something that it does not show"],
  ["revisions", "its entriesHashList has the hash of something that it does not show"],
  ["entriesHashList", "its entriesHash is not that of its entriesHashList"],
  ["blockHash", "its blockHash is not that of its entries"],
])("a block without its %s is told", (name, told) => {
  expect(problem(writeBinary(without(block, name)))).toBe(told);
});

test("a revision that was taken out of its block is missed", () => {
  const fewer: Block = { ...made, revisions: revisions.slice(1) };
  expect(problem(writeBinary(blockValue(fewer)))).toBe("the hash of its revisions is not in its entriesHashList");
});

test("a bit that is not as it was is found, wherever it is", () => {
  const content = writeBinary(blockValue(made));
  const unnoticed: string[] = [];
  for (let place = 0; place < content.length; place++) {
    for (let bit = 0; bit < 8; bit++) {
      const flipped = Buffer.from(content);
      flipped[place] = (flipped[place] ?? 0) ^ (1 << bit);
      try {
        if (problem(flipped) === undefined)
          unnoticed.push(`${place}, bit ${bit}: ${content.subarray(place - 8, place + 8).toString("hex")}`);
      } catch (error) {
        if (!(error instanceof IonError)) throw error;
      }
    }
  }
  expect(unnoticed).toEqual([]);
});
