import { type FileHandle, open } from "node:fs/promises";
import type { Offsets } from "../journal/offsets.ts";
import { frame, headSize, JournalError, readRecord } from "../journal/records.ts";
import { replaceOnDisk, unlessMissing } from "../whole-file.ts";
import { type Captured, type Head, type Loaded, restore } from "./capture.ts";

/** Where a damaged snapshot is kept, for people to look at. */
export function damagedPath(path: string): string {
  return `${path}.damaged`;
}

const header = Buffer.from("nitro-ledger-snapshot-1\n", "latin1");

/**
 * Writes a snapshot: after the header records as the journal has them, the first one the head as JSON. It takes the old one's place once
 * all of it is on disk.
 * @param ended tells that nobody needs it any more
 * @returns its size in bytes; undefined where it was given up
 */
export async function writeSnapshot(path: string, { head, records }: Captured, ended: () => boolean): Promise<number | undefined> {
  let size = 0;
  const whole = await replaceOnDisk(path, async (file) => {
    const write = async (bytes: Buffer) => {
      for (let written = 0; written < bytes.length; ) {
        written += (await file.write(bytes, written, bytes.length - written)).bytesWritten;
      }
      size += bytes.length;
    };
    await write(header);
    await write(frame(Buffer.from(JSON.stringify(head))));
    for (const record of records()) {
      if (ended()) return false;
      await write(frame(record));
    }
    return true;
  });
  return whole ? size : undefined;
}

/**
 * Reads a snapshot, if there is one.
 * @param offsets filled with the places of all blocks that it holds
 * @throws JournalError naming file, offset, what is wrong, and the way out
 */
export async function readSnapshot(path: string, strandId: string, offsets: Offsets): Promise<Loaded | undefined> {
  const file = await unlessMissing(open(path, "r"));
  if (file === undefined) return undefined;
  const reader = new RecordReader(file, path);
  try {
    await reader.passHeader();
    const head = parseHead(await reader.next());
    if (head.strandId !== strandId) throw new Error(`it is of the ledger with strand ${head.strandId}, not of ${strandId}`);
    const loaded = await restore(head, () => reader.next(), offsets);
    await reader.finish();
    return loaded;
  } catch (error) {
    const [offset, what] = error instanceof JournalError ? [error.offset, error.what] : [reader.at, String(error)];
    throw new JournalError(path, offset, `${what}; a snapshot can be removed: a start then replays the whole journal`);
  } finally {
    await file.close();
  }
}

/** The record's checksum fits: what is wrong here was written by another version. */
function parseHead(record: Buffer): Head {
  const head = JSON.parse(record.toString("utf8")) as Partial<Head>;
  const numbers = [head.blocks, head.journalEnd, head.lastCommit, head.heapSize];
  if (typeof head.strandId !== "string" || !Array.isArray(head.tables) || !numbers.every(Number.isSafeInteger)) {
    throw new Error("its head is not that of a snapshot");
  }
  return head as Head;
}

/** Reads a file's records one after the other. */
class RecordReader {
  at = 0;
  private readonly file: FileHandle;
  private readonly path: string;

  constructor(file: FileHandle, path: string) {
    this.file = file;
    this.path = path;
  }

  async passHeader(): Promise<void> {
    const found = Buffer.alloc(header.length);
    await this.file.read(found, 0, header.length, 0);
    if (!found.equals(header)) throw new JournalError(this.path, 0, "this is not a ledger's snapshot of this version");
    this.at = header.length;
  }

  async next(): Promise<Buffer> {
    const content = await readRecord(this.file, this.path, this.at);
    this.at += headSize + content.length;
    return content;
  }

  async finish(): Promise<void> {
    const { size } = await this.file.stat();
    if (size !== this.at) throw new JournalError(this.path, this.at, `${size - this.at} bytes too many`);
  }
}
