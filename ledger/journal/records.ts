import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import type { RecordLock } from "./record-lock.ts";
import { isUnwritten } from "./torn.ts";

/** The journal, or a file beside it, is damaged or missing; the message names file, offset and what is wrong. */
export class JournalError extends Error {
  override readonly name = "JournalError";
  readonly path: string;
  readonly offset: number | undefined;
  readonly what: string;

  /** @param offset undefined where the whole file is meant */
  constructor(path: string, offset: number | undefined, what: string) {
    super(`${path}${offset === undefined ? "" : `, offset ${offset}`}: ${what}`);
    this.path = path;
    this.offset = offset;
    this.what = what;
  }
}

/** Bytes before a record's content. */
export const headSize = 12;
const chunkSize = 4 << 20;

/** Frames a content as a record: its length, the CRC-32 of the length, the CRC-32 of the content (4 bytes each, big-endian), the content. */
export function frame(content: Buffer): Buffer {
  const head = Buffer.alloc(headSize);
  head.writeUInt32BE(content.length, 0);
  head.writeUInt32BE(crc32(head.subarray(0, 4)), 4);
  head.writeUInt32BE(crc32(content), 8);
  return Buffer.concat([head, content]);
}

/** The content of the one record that some bytes are. @returns undefined where they are no whole, sound record */
export function recordIn(bytes: Buffer): Buffer | undefined {
  const length = bytes.length < headSize ? undefined : contentLength(bytes);
  if (length === undefined || bytes.length !== headSize + length) return undefined;
  const content = bytes.subarray(headSize);
  return crc32(content) === bytes.readUInt32BE(8) ? content : undefined;
}

/** Reads the one record at an offset. @throws JournalError */
export async function readRecord(file: FileHandle, path: string, offset: number): Promise<Buffer> {
  const head = Buffer.alloc(headSize);
  await file.read(head, 0, headSize, offset);
  const length = contentLength(head);
  if (length === undefined) throw new JournalError(path, offset, "no record begins here");
  const { size } = await file.stat();
  if (offset + headSize + length > size) throw new JournalError(path, offset, `the file ends at ${size}, inside a record`);
  const content = Buffer.allocUnsafeSlow(length);
  await file.read(content, 0, length, offset + headSize);
  if (crc32(content) !== head.readUInt32BE(8)) throw new JournalError(path, offset, "the checksum of a record does not fit");
  return content;
}

/**
 * Reads the records that follow each other from an offset, as many as fit into so many bytes, but one at least.
 * @param end offset behind the last record
 * @throws JournalError
 */
export async function readRecords(file: FileHandle, path: string, offset: number, end: number, bytes: number): Promise<Buffer[]> {
  const span = Buffer.allocUnsafeSlow(Math.min(bytes, end - offset));
  await file.read(span, 0, span.length, offset);
  const contents: Buffer[] = [];
  for (let at = 0; at + headSize <= span.length; ) {
    const length = contentLength(span.subarray(at, at + headSize));
    if (length === undefined) throw new JournalError(path, offset + at, "no record begins here");
    const start = at + headSize;
    if (start + length > span.length) break;
    const content = span.subarray(start, start + length);
    if (crc32(content) !== span.readUInt32BE(at + 8)) throw new JournalError(path, offset + at, "the checksum of a record does not fit");
    contents.push(content);
    at = start + length;
  }
  return contents.length > 0 ? contents : [await readRecord(file, path, offset)];
}

/** The length in a record's head, which has a checksum of its own: a damaged length must not pass for a cut-off record. */
function contentLength(head: Buffer): number | undefined {
  return crc32(head.subarray(0, 4)) === head.readUInt32BE(4) ? head.readUInt32BE(0) : undefined;
}

/**
 * Reads records one after the other. Each is taken whole from one read, so that one that is overwritten meanwhile is the old one or the new one.
 * @param start offset of the first record
 * @param size of the file
 * @param lock kept during each read; needed where records may be overwritten meanwhile
 * @returns the offset behind the last complete record: less than size where the last one is cut off, or ends in zeros with nothing behind it
 * @throws JournalError for anything but a cut-off last record
 */
export async function scanRecords(
  file: FileHandle,
  path: string,
  start: number,
  size: number,
  onRecord: (content: Buffer, offset: number) => void,
  lock?: RecordLock,
): Promise<number> {
  let at = start;
  let chunk = Buffer.alloc(0);
  let chunkStart = start;
  const ensure = async (needed: number): Promise<void> => {
    const have = chunkStart + chunk.length - at;
    if (have >= needed) return;
    const next = Buffer.alloc(Math.min(Math.max(chunkSize, needed), size - at));
    const read = () => file.read(next, 0, next.length, at);
    await (lock === undefined ? read() : lock.during(read));
    chunk = next;
    chunkStart = at;
  };
  while (at < size) {
    if (size - at < headSize) return at;
    await ensure(headSize);
    const head = chunk.subarray(at - chunkStart, at - chunkStart + headSize);
    const length = contentLength(head);
    if (length === undefined) {
      // Of a head that was written by half, nothing can be there that follows it.
      if (await onlyZeros(file, at + headSize, size)) return at;
      throw new JournalError(path, at, "the head of a record is damaged");
    }
    if (at + headSize + length > size) return at;
    await ensure(headSize + length);
    const from = at - chunkStart + headSize;
    const content = chunk.subarray(from, from + length);
    // Where the record was read a second time, its head was, too.
    if (crc32(content) !== chunk.readUInt32BE(from - 4)) {
      if (isUnwritten(content) && (await onlyZeros(file, at + headSize + length, size))) return at;
      throw new JournalError(path, at, "the checksum of a record does not fit");
    }
    try {
      onRecord(content, at);
    } catch (error) {
      throw new JournalError(path, at, error instanceof Error ? error.message : String(error));
    }
    at += headSize + length;
  }
  return at;
}

/** Some file systems extend a file before they write its content: zeros up to the end are a cut-off record too. */
async function onlyZeros(file: FileHandle, start: number, size: number): Promise<boolean> {
  for (let at = start; at < size; at += chunkSize) {
    const bytes = Buffer.alloc(Math.min(chunkSize, size - at));
    await file.read(bytes, 0, bytes.length, at);
    if (!bytes.every((byte) => byte === 0)) return false;
  }
  return true;
}
