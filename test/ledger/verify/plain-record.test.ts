import { expect, test } from "vitest";
import { dot } from "../../../ledger/digest/dot.ts";
import { merkleRoot } from "../../../ledger/digest/merkle.ts";
import { BinaryHasher } from "../../../ledger/ion/binary-hash.ts";
import { readBinary } from "../../../ledger/ion/binary-reader.ts";
import { padding, writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { ionHash } from "../../../ledger/ion/hash.ts";
import { readText, writeText } from "../../../ledger/ion/text.ts";
import { blob, field, type IonValue, list, type StructValue } from "../../../ledger/ion/value.ts";
import { type Block, makeBlock, readJournalBlock, recordValue } from "../../../ledger/journal/block.ts";
import type { BlockRules } from "../../../ledger/journal/block-rules.ts";
import { blockContent, withoutData } from "../../../ledger/journal/redaction.ts";
import { hashOfNothing, type Revision, revisionHash } from "../../../ledger/store/revision.ts";
import { soundPlainRecord } from "../../../ledger/verify/plain-record.ts";
import { soundMadeBlock } from "../../../ledger/verify/verify-journal.ts";
import { writeLoosely } from "../ion/loose-writer.ts";
import { Random } from "../random.ts";

const address = { strandId: "strand", sequenceNo: 3 };
const before = { ...address, previousBlockHash: Buffer.alloc(32, 7) };
const timestamp = 1_700_000_000_250;
const hasher = new BinaryHasher();

function revision(id: string, data: string | undefined, rules: BlockRules): Revision {
  const metadata = { id, version: 2, txTime: timestamp, txId: "tx" };
  const value = data === undefined ? undefined : readText(data);
  return { address, hash: revisionHash(metadata, value, rules), metadata, data: value };
}

function blockOf(rules: BlockRules, parts: Partial<Pick<Block, "redactions" | "revisions">> = {}): Block {
  const owner = { tableName: "T", tableId: "t", statements: [0, 1] };
  const info = {
    statements: ["INSERT INTO T ?", "DELETE FROM T"].map((statement) => ({
      ...{ statement, startTime: timestamp - 7, statementDigest: Buffer.alloc(32, 1) },
    })),
    documents: new Map(["a", "b"].map((id) => [id, owner])),
  };
  const revisions = [
    revision("a", "{n: 1, list: [x::y, 2.50, null, '', 1e0], text: \"ü\", deep: {a: (b {{AAEC}})}}", rules),
    revision("b", undefined, rules),
  ];
  return makeBlock({ rules, address, transactionId: "tx", timestamp, info, revisions, redactions: [], ...parts }, before.previousBlockHash);
}

const block = blockOf(2);
const content = blockContent(block);

const asItLies = (bytes: Buffer) => soundPlainRecord(bytes, hasher, before);

/** What a block says once it is made: what goes on from it, or what is wrong. */
function made(bytes: Buffer, rules: BlockRules = 2): unknown {
  try {
    return soundMadeBlock(bytes, before, rules);
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
}

test("what the ledger writes is verified as it lies: documents, deletions, redacted data", () => {
  const sound = { blockHash: block.blockHash, revisions: 2 };
  expect(asItLies(content)).toEqual(sound);
  const redacted = withoutData(block, "a", content.length);
  expect(redacted && asItLies(redacted)).toEqual(sound);
  expect(made(content)).toEqual(sound);
});

test("a redacted revision whose data's hash is none is left to what makes the block", () => {
  const [first, ...others] = block.revisions;
  const revisions = first && [{ ...first, data: undefined, dataHash: Buffer.alloc(31) }, ...others];
  expect(asItLies(blockContent({ ...block, revisions: revisions ?? [] }))).toBeUndefined();
});

test("blocks that are written in another way are left to what makes them", () => {
  const redactions = [{ address: { ...address, sequenceNo: 1 }, tableId: "t", documentId: "a", version: 5 }];
  for (const other of [blockOf(1), blockOf(2, { redactions }), blockOf(2, { redactions, revisions: [] })]) {
    expect(asItLies(blockContent(other))).toBeUndefined();
    expect(made(blockContent(other), 1)).toMatchObject({ blockHash: other.blockHash });
  }
  expect(made(blockContent(blockOf(1)))).toBe("the block is made by rules 1, the journal's are 2");
});

test("with any bit that is not as it was a record is no more than what the block that is made of it is", () => {
  let refused = 0;
  for (let bit = 0; bit < content.length * 8; bit++) {
    const bytes = Buffer.from(content);
    bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    const found = asItLies(bytes);
    if (found === undefined) refused++;
    else expect(made(bytes), `bit ${bit}: ${bytes.toString("hex")}`).toEqual(found);
  }
  // What is left is not hashed: the block's own transaction, and padding.
  expect(refused).toBeGreaterThan(content.length * 7);
});

test("a record that is cut off, or goes on, is left to what makes it", () => {
  for (let length = 0; length < writeBinary(recordValue(block)).length; length++)
    expect(asItLies(content.subarray(0, length))).toBeUndefined();
  expect(asItLies(Buffer.concat([content, writeBinary(recordValue(block))]))).toBeUndefined();
  expect(asItLies(Buffer.concat([content, padding(20)]))).toEqual(made(content));
});

test("another place in the chain is not that of the block", () => {
  for (const other of [
    { strandId: "other" },
    { sequenceNo: 4 },
    { previousBlockHash: Buffer.alloc(32, 8) },
    { previousBlockHash: Buffer.alloc(0) },
  ])
    expect(soundPlainRecord(content, hasher, { ...before, ...other })).toBeUndefined();
});

/** Computes every hash of a block anew over what is written there, whatever it is: a forger whose chain fits. */
function rehashed(value: IonValue): IonValue {
  const revisions = field(value, "revisions");
  const forged = (revisions?.type === "list" ? revisions.items : []).map((each) => {
    const [metadata, data] = ["metadata", "data"].map((name) => field(each, name));
    const hash = dot(ionHash(metadata ?? each), data === undefined ? hashOfNothing : ionHash(data));
    return { hash, value: replaced(each, { hash: blob(hash) }) };
  });
  const entries = [ionHash(field(value, "transactionInfo") ?? value), merkleRoot(forged.map(({ hash }) => hash))];
  const root = merkleRoot(entries);
  return replaced(value, {
    ...{ revisions: list(forged.map((each) => each.value)), entriesHashList: list(entries.map(blob)), entriesHash: blob(root) },
    blockHash: blob(dot(root, before.previousBlockHash)),
  });
}

function replaced(value: IonValue, by: Record<string, IonValue>): StructValue {
  const fields = value.type === "struct" ? value.fields : [];
  return { type: "struct", fields: fields.map((each) => ({ ...each, value: by[each.name ?? ""] ?? each.value })) };
}

const document = "the hash of document a, version 2, does not fit its content";
const whole = "the block's hash does not fit its content";

test.each([
  ["nothing", "n:1", "n:1", undefined],
  ["metadata say more", 'metadata:{id:"a"', 'metadata:{more:1,id:"a"', document],
  ["metadata say something twice", 'metadata:{id:"a"', 'metadata:{id:"a",id:"a"', document],
  ["a version is null", 'id:"a",version:2', 'id:"a",version:null', "a number is missing"],
  ["an id is annotated", 'metadata:{id:"a"', 'metadata:{id:x::"a"', document],
  ["a version is annotated", 'id:"a",version:2', 'id:"a",version:x::2', document],
  [
    "a version is not exact",
    'id:"a",version:2',
    'id:"a",version:9007199254740993',
    "the hash of document a, version 9007199254740992, does not fit its content",
  ],
  ["metadata lack something", ',txId:"tx"', "", document],
  ["a transaction is a number", 'txId:"tx"', "txId:5", document],
  ["a transaction is null", 'txId:"tx"', "txId:null.string", document],
  ["a statement is null", 'statement:"DELETE FROM T"', "statement:null.string", whole],
  ["a statement is a number", 'statement:"DELETE FROM T"', "statement:5", whole],
  ["a table's name is a number", 'tableName:"T"', "tableName:5", whole],
  ["a time has digits too many", /(txTime:2023-11-14T22:13:20.250)/, "$10", document],
  ["times have digits too many everywhere", /(20.250)/g, "$10", document],
  ["a time is of elsewhere", /2023-11-14T22:13:20.250Z/g, "2023-11-14T23:13:20.250+01:00", document],
  ["times are annotated", /(2023-11-14T22:13:20.250Z)/g, "x::$1", document],
  ["a statement says more", "{statement:", "{more:1,statement:", whole],
  ["a statement's time has digits too many", "20.243Z", "20.2430Z", whole],
  ["a digest is annotated", "statementDigest:", "statementDigest:x::", whole],
  ["an owner says more", "{tableName:", "{more:1,tableName:", whole],
  ["an owner is null", 'tableId:"t"', "tableId:null", whole],
  ["a document has two owners", "documents:{", 'documents:{a:{tableName:"T",tableId:"t",statements:[]},', whole],
  ["a statement's number is not exact", "statements:[0,1]", "statements:[0,9007199254740993]", whole],
  ["transactionInfo says more", "transactionInfo:{", "transactionInfo:{more:1,", whole],
])("a forger whose hashes fit what is written is found: %s", (_what, from, to, told) => {
  const before = writeText(recordValue(block));
  const after = before.replace(from, to);
  if (from !== to) expect(after).not.toBe(before);
  const bytes = writeBinary(rehashed(readText(after)));
  if (told === undefined) expect(asItLies(bytes)).toEqual(made(bytes));
  else {
    expect(asItLies(bytes)).toBeUndefined();
    expect(made(bytes)).toBe(told);
  }
});

test("however loosely a record is written, it is sound only where the block that is made of it is", () => {
  const random = new Random(73);
  for (let count = 0; count < 300; count++) {
    const bytes = writeLoosely(readBinary(content, { depth: 20 }), random);
    const found = asItLies(bytes);
    if (found !== undefined) expect(made(bytes)).toEqual(found);
    expect(readJournalBlock(bytes).blockHash).toEqual(block.blockHash);
  }
});
