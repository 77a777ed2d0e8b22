import { padding, writeBinary } from "../ion/binary-writer.ts";
import { ionHash } from "../ion/hash.ts";
import type { IonValue } from "../ion/value.ts";
import type { Revision } from "../store/revision.ts";
import { type Block, recordValue } from "./block.ts";

/** By how much a block grows at most where a hash takes the place of a revision's data: the hash, its field's name, longer lengths. */
const growth = 48;

/** The content of a block's record, with room behind it for what redactions of very short data need. */
export function blockContent(block: Block): Buffer {
  const documents = block.revisions.filter(({ data }) => data !== undefined).length;
  return Buffer.concat([writeBinary(recordValue(block)), padding(documents * growth)]);
}

/**
 * A block's record without the data of one revision: the hash stands in its place, and every hash of the block stays as it is.
 * @param length of the record's content as it was
 * @returns a content of the same length; undefined where the data is gone already
 */
export function withoutData(block: Block, documentId: string, length: number): Buffer | undefined {
  const found = block.revisions.find(({ metadata }) => metadata.id === documentId);
  if (found?.data === undefined) return undefined;
  const revisions = block.revisions.map((each) => (each === found ? redacted(each, found.data) : each));
  const content = writeBinary(recordValue({ ...block, revisions }));
  if (content.length > length) throw new Error(`the redacted block needs ${content.length} bytes, there are ${length}`);
  return Buffer.concat([content, padding(length - content.length)]);
}

function redacted({ data: _, ...revision }: Revision, data: IonValue | undefined): Revision {
  return data === undefined ? revision : { ...revision, dataHash: ionHash(data) };
}
