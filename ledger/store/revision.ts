import { dot } from "../digest/dot.ts";
import { ionHash, sha256 } from "../ion/hash.ts";
import { epochMilliseconds, timestampOf } from "../ion/timestamp.ts";
import { blob, field, type IonValue, int, struct, text, textField } from "../ion/value.ts";
import type { BlockRules } from "../journal/block-rules.ts";

/** Where a block is in the journal. */
export interface BlockAddress {
  readonly strandId: string;
  readonly sequenceNo: number;
}

export interface Metadata {
  readonly id: string;
  /** From 0. */
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly txTime: number;
  readonly txId: string;
}

/** One state of a document. A deletion is a revision without data. */
export interface Revision {
  readonly address: BlockAddress;
  readonly hash: Buffer;
  readonly data?: IonValue | undefined;
  /** The data in binary Ion, where it is at hand. */
  readonly encoded?: Buffer | undefined;
  /** Of redacted data. */
  readonly dataHash?: Buffer | undefined;
  readonly metadata: Metadata;
}

export function addressValue({ strandId, sequenceNo }: BlockAddress): IonValue {
  return struct({ strandId: text(strandId), sequenceNo: int(sequenceNo) });
}

export function metadataValue({ id, version, txTime, txId }: Metadata): IonValue {
  return struct({ id: text(id), version: int(version), txTime: timestampOf(txTime), txId: text(txId) });
}

/** Of a deletion's data. */
export const hashOfNothing = sha256(Buffer.alloc(0));

/** `dot(H(metadata), H(data))` @param dataHash where it is known */
export function revisionHash(metadata: Metadata, data: IonValue | undefined, rules: BlockRules, dataHash?: Buffer): Buffer {
  const ofMetadata = ionHash(metadataValue(metadata));
  const ofData = dataHash ?? (data && ionHash(data));
  if (ofData !== undefined) return dot(ofMetadata, ofData);
  return rules === 1 ? ofMetadata : dot(ofMetadata, hashOfNothing);
}

/** A revision as QLDB's committed view and its journal show it. */
export function revisionValue({ address, hash, data, dataHash, metadata }: Revision): IonValue {
  return struct({
    blockAddress: addressValue(address),
    hash: blob(hash),
    data,
    dataHash: dataHash && blob(dataHash),
    metadata: metadataValue(metadata),
  });
}

/** The reverse of revisionValue. @throws Error where the value is none */
export function readRevision(value: IonValue): Revision {
  const [address, metadata, hash, data, dataHash] = ["blockAddress", "metadata", "hash", "data", "dataHash"].map((name) =>
    field(value, name),
  );
  const txTime = field(metadata, "txTime");
  if (hash?.type !== "blob" || txTime?.type !== "timestamp") throw new Error("a revision lacks its hash or its time");
  return {
    address: { strandId: textField(address, "strandId") ?? "", sequenceNo: number(field(address, "sequenceNo")) },
    hash: hash.value,
    data,
    dataHash: dataHash?.type === "blob" ? dataHash.value : undefined,
    metadata: {
      id: textField(metadata, "id") ?? "",
      version: number(field(metadata, "version")),
      txTime: epochMilliseconds(txTime),
      txId: textField(metadata, "txId") ?? "",
    },
  };
}

/** A count or position. @throws Error where the value is no int */
export function number(value: IonValue | undefined): number {
  if (value?.type !== "int") throw new Error("a number is missing");
  return Number(value.value);
}
