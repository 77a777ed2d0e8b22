import { dot } from "../digest/dot.ts";
import { merkleRoot } from "../digest/merkle.ts";
import { readBinary } from "../ion/binary-reader.ts";
import { ionHash } from "../ion/hash.ts";
import { epochMilliseconds, timestampOf } from "../ion/timestamp.ts";
import { blob, field, type IonValue, int, ionLimits, list, struct, text, textField } from "../ion/value.ts";
import { addressValue, type BlockAddress, number, type Revision, readRevision, revisionValue } from "../store/revision.ts";
import type { BlockRules } from "./block-rules.ts";
import { type Redaction, readRedaction, redactionValue } from "./redaction-value.ts";

/** A statement that ran in a transaction. */
export interface StatementInfo {
  readonly statement: string;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  readonly statementDigest: Buffer;
}

/** Which table a document belongs to, and which statements changed it. */
export interface DocumentInfo {
  readonly tableName: string;
  readonly tableId: string;
  readonly statements: readonly number[];
}

export interface TransactionInfo {
  readonly statements: readonly StatementInfo[];
  readonly documents: ReadonlyMap<string, DocumentInfo>;
}

/** What one committed transaction changed, chained to all before it. */
export interface Block {
  readonly rules: BlockRules;
  readonly address: BlockAddress;
  readonly transactionId: string;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly blockHash: Buffer;
  readonly entriesHash: Buffer;
  readonly previousBlockHash: Buffer;
  readonly entriesHashList: readonly Buffer[];
  readonly info: TransactionInfo;
  readonly revisions: readonly Revision[];
  /** What is to be erased from blocks before this one. */
  readonly redactions: readonly Redaction[];
}

/** Chains a block to the one before; @param previousBlockHash no bytes for the first */
export function makeBlock(
  parts: Pick<Block, "rules" | "address" | "transactionId" | "timestamp" | "info" | "revisions" | "redactions">,
  previousBlockHash: Buffer,
): Block {
  const { info, revisions } = parts;
  const hashes = [ionHash(infoValue(info)), merkleRoot(revisions.map(({ hash }) => hash)), redactionsHash(parts)];
  const entriesHashList = hashes.filter((hash) => hash.length > 0);
  const entriesHash = merkleRoot(entriesHashList);
  return { ...parts, entriesHashList, entriesHash, previousBlockHash, blockHash: dot(entriesHash, previousBlockHash) };
}

/** @returns no bytes where nothing is to be erased */
function redactionsHash({ rules, redactions }: Pick<Block, "rules" | "redactions">): Buffer {
  if (rules === 1) return merkleRoot(redactions.map((redaction) => ionHash(redactionValue(redaction))));
  const info = redactionInfo(redactions);
  return info === undefined ? Buffer.alloc(0) : ionHash(info);
}

function redactionInfo(redactions: readonly Redaction[]): IonValue | undefined {
  return redactions.length === 0 ? undefined : struct({ revisions: list(redactions.map(redactionValue)) });
}

function infoValue({ statements, documents }: TransactionInfo): IonValue {
  return struct({
    statements: list(
      statements.map(({ statement, startTime, statementDigest }) =>
        struct({ statement: text(statement), startTime: timestampOf(startTime), statementDigest: blob(statementDigest) }),
      ),
    ),
    documents: {
      type: "struct",
      fields: [...documents].map(([name, { tableName, tableId, statements: indexes }]) => ({
        name,
        value: struct({ tableName: text(tableName), tableId: text(tableId), statements: list(indexes.map((index) => int(index))) }),
      })),
    },
  });
}

/** A block as QLDB shows it. @param show how each revision is written: system revisions may be shown by their hash alone */
export function blockValue(block: Block, show: (revision: Revision) => IonValue = revisionValue): IonValue {
  return struct(blockFields(block, show));
}

/** A block as its record holds it: with the rules that it is made by. */
export function recordValue(block: Block): IonValue {
  const fields = blockFields(block, revisionValue);
  return struct(block.rules === 1 ? fields : { ...fields, rules: int(block.rules) });
}

function blockFields(block: Block, show: (revision: Revision) => IonValue): Record<string, IonValue | undefined> {
  const { rules, revisions, redactions } = block;
  return {
    blockAddress: addressValue(block.address),
    transactionId: text(block.transactionId),
    blockTimestamp: timestampOf(block.timestamp),
    blockHash: blob(block.blockHash),
    entriesHash: blob(block.entriesHash),
    previousBlockHash: blob(block.previousBlockHash),
    entriesHashList: list(block.entriesHashList.map(blob)),
    transactionInfo: infoValue(block.info),
    redactionInfo: rules === 1 ? undefined : redactionInfo(redactions),
    revisions: rules > 1 && revisions.length === 0 ? undefined : list(revisions.map(show)),
    redactions: rules > 1 || redactions.length === 0 ? undefined : list(redactions.map(redactionValue)),
  };
}

/** A document lies a few levels deep in its block. */
const blockDepth = ionLimits.depth + 10;

/** A block from the content of its record. @throws Error where it is none */
export function readJournalBlock(content: Buffer): Block {
  return readBlock(readBinary(content, { depth: blockDepth }));
}

/** The reverse of recordValue. @throws Error where the value is no block */
function readBlock(value: IonValue): Block {
  const address = field(value, "blockAddress");
  const info = field(value, "transactionInfo");
  const rules = rulesOf(value);
  const revisions = field(value, "revisions");
  const redactions = rules === 1 ? field(value, "redactions") : field(field(value, "redactionInfo"), "revisions");
  return {
    rules,
    address: { strandId: textField(address, "strandId") ?? "", sequenceNo: number(field(address, "sequenceNo")) },
    transactionId: textField(value, "transactionId") ?? "",
    timestamp: milliseconds(field(value, "blockTimestamp")),
    blockHash: bytes(field(value, "blockHash")),
    entriesHash: bytes(field(value, "entriesHash")),
    previousBlockHash: bytes(field(value, "previousBlockHash")),
    entriesHashList: items(field(value, "entriesHashList")).map(bytes),
    info: {
      statements: items(field(info, "statements")).map((each) => ({
        statement: textField(each, "statement") ?? "",
        startTime: milliseconds(field(each, "startTime")),
        statementDigest: bytes(field(each, "statementDigest")),
      })),
      documents: documentsOf(field(info, "documents")),
    },
    revisions: revisions === undefined ? [] : items(revisions).map(readRevision),
    redactions: redactions === undefined ? [] : items(redactions).map(readRedaction),
  };
}

/** Blocks of before there were versions do not name theirs. */
function rulesOf(value: IonValue): BlockRules {
  const rules = field(value, "rules");
  const version = rules === undefined ? 1 : number(rules);
  if (version !== 1 && version !== 2) throw new Error(`a block is made by rules ${version}: this version of the ledger knows 1 and 2`);
  return version;
}

function documentsOf(value: IonValue | undefined): Map<string, DocumentInfo> {
  if (value?.type !== "struct") throw new Error("a block lacks its documents");
  return new Map(
    value.fields.map(({ name, value: each }) => [
      name ?? "",
      {
        tableName: textField(each, "tableName") ?? "",
        tableId: textField(each, "tableId") ?? "",
        statements: items(field(each, "statements")).map(number),
      },
    ]),
  );
}

/** What has to come before a block. */
export interface BlockBefore {
  /** Of all blocks of the journal. */
  readonly strandId: string;
  readonly sequenceNo: number;
  readonly previousBlockHash: Buffer;
}

/**
 * Checks a block's place in the chain: strand, number, link to the block before, and its hash over the hashes of its entries.
 * @returns what is wrong, or undefined
 */
export function chainProblem(block: Block, expected: BlockBefore): string | undefined {
  if (block.address.strandId !== expected.strandId) return `a block of strand ${block.address.strandId} stands in ${expected.strandId}`;
  if (block.address.sequenceNo !== expected.sequenceNo)
    return `block ${block.address.sequenceNo} stands where ${expected.sequenceNo} belongs`;
  if (!block.previousBlockHash.equals(expected.previousBlockHash)) return "the hash of the block before does not fit";
  const entriesHash = merkleRoot(block.entriesHashList);
  const sound = entriesHash.equals(block.entriesHash) && dot(entriesHash, block.previousBlockHash).equals(block.blockHash);
  return sound ? undefined : "the block's hash does not fit its content";
}

/**
 * Checks a block whole: its place in the chain, and every hash against what it was computed from.
 * @returns what is wrong, or undefined
 */
export function blockProblem(block: Block, expected: BlockBefore): string | undefined {
  const problem = chainProblem(block, expected);
  if (problem !== undefined) return problem;
  const again = makeBlock(block, block.previousBlockHash);
  return again.blockHash.equals(block.blockHash) ? undefined : "the block's hash does not fit its content";
}

function bytes(value: IonValue | undefined): Buffer {
  if (value?.type !== "blob") throw new Error("a hash is missing");
  return value.value;
}

function items(value: IonValue | undefined): readonly IonValue[] {
  if (value?.type !== "list") throw new Error("a list is missing");
  return value.items;
}

function milliseconds(value: IonValue | undefined): number {
  if (value?.type !== "timestamp") throw new Error("a time is missing");
  return epochMilliseconds(value);
}
