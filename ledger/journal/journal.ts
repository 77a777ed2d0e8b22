import { fdatasync, writeSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { setImmediate as othersTurn } from "node:timers/promises";
import { journalWayOut, readHeader } from "./header.ts";
import { RecordLock } from "./record-lock.ts";
import { frame, JournalError, readRecord, scanRecords } from "./records.ts";
import { rewriteRecord } from "./rewrite.ts";

function synced(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(descriptor, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** What a journal is opened with. */
export interface JournalOptions {
  /** Called with each record's content and offset, in order; what it throws refuses the journal at that place. */
  readonly onRecord: (content: Buffer, offset: number) => void;
  /** Told what will be cut off; what it throws keeps it there. */
  readonly onTorn: (message: string) => void;
  /** Told once that a write failed. */
  readonly onFailure: (error: Error) => void;
  /** Offset of the first record to read: those before it are known already. */
  readonly from?: number;
}

/** A record that waits to be written. */
interface Waiting {
  readonly bytes: Buffer;
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

/**
 * The append-only file that holds every committed block, one a record (see records.ts).
 * Records that arrive while the disk is busy are written and synced together: one fdatasync serves all commits that wait.
 */
export class Journal {
  private readonly file: FileHandle;
  readonly path: string;
  /** Kept while a record is read or overwritten. */
  readonly lock = new RecordLock("owner");
  private readonly onFailure: (error: Error) => void;
  private waiting: Waiting[] = [];
  private running: Promise<void> | undefined;
  private failure: Error | undefined;
  private position: number;
  /** Up to where everything is on disk. */
  private durable: number;
  /** The promise of the last record appended. */
  private last: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle, path: string, end: number, onFailure: (error: Error) => void) {
    this.file = file;
    this.onFailure = onFailure;
    this.path = path;
    this.position = end;
    this.durable = end;
  }

  /**
   * Opens a journal and reads its records. One that was cut off at the very end was never acknowledged: it is removed.
   * @throws JournalError naming file, offset and what is wrong
   */
  static async open(path: string, { onRecord, onTorn, onFailure, from }: JournalOptions): Promise<Journal> {
    const file = await open(path, "r+");
    try {
      const { first } = await readHeader(file, path);
      let { size } = await file.stat();
      if (from !== undefined && size < from)
        throw new JournalError(path, size, `the file ends here, but blocks up to offset ${from} were committed; ${journalWayOut(path)}`);
      const sound = await scanRecords(file, path, from ?? first, size, onRecord);
      if (sound < size) {
        onTorn(
          `${path}: the last record was cut off at offset ${sound} (${size - sound} bytes of a commit that was never answered): removed`,
        );
        await file.truncate(sound);
        await file.sync();
        size = sound;
      }
      return new Journal(file, path, size, onFailure);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * Appends a record.
   * @returns its offset, and a promise that resolves once it is on disk; rejects where the disk fails, and for ever after
   */
  append(content: Buffer): { readonly offset: number; readonly durable: Promise<void> } {
    const bytes = frame(content);
    const offset = this.position;
    this.position += bytes.length;
    const durable = new Promise<void>((done, failed) => {
      this.waiting.push({ bytes, done, failed });
    });
    this.last = durable;
    this.running ??= this.drain();
    return { offset, durable };
  }

  /** Bytes that wait for the disk. */
  get backlog(): number {
    return this.position - this.durable;
  }

  /** Where the next record will begin. */
  get end(): number {
    return this.position;
  }

  /** Resolves once everything appended so far is on disk: what comes after does not hold it up. */
  async flushed(): Promise<void> {
    await this.last;
    if (this.failure !== undefined) throw this.failure;
  }

  /** The content of the record at an offset that append or open gave. */
  async read(offset: number): Promise<Buffer> {
    await this.flushed();
    return await this.lock.during(() => readRecord(this.file, this.path, offset));
  }

  /** Replaces a record's content by one of the same length: a crash leaves the old one or the new one, and nobody reads a mixture. */
  async rewrite(offset: number, content: Buffer): Promise<void> {
    await rewriteRecord(this.path, offset, content, this.lock);
  }

  /** Writes what waits, then takes nothing more. */
  async close(): Promise<void> {
    while (this.running !== undefined) await this.running;
    this.failure ??= new Error("the journal is closed");
    await this.file.close();
  }

  private async drain(): Promise<void> {
    try {
      // Commits that have arrived together share a sync, the first of them too.
      await othersTurn();
      while (this.waiting.length > 0) {
        const batch = this.waiting;
        this.waiting = [];
        await this.write(batch);
      }
    } finally {
      this.running = undefined;
    }
  }

  private async write(batch: readonly Waiting[]): Promise<void> {
    try {
      if (this.failure !== undefined) throw this.failure;
      const bytes = batch.length === 1 ? (batch[0]?.bytes ?? Buffer.alloc(0)) : Buffer.concat(batch.map((each) => each.bytes));
      // Into the system's cache, which takes microseconds: a thread would take longer to begin. What waits for the disk is the sync.
      for (let written = 0; written < bytes.length; ) {
        written += writeSync(this.file.fd, bytes, written, undefined, this.durable + written);
      }
      await synced(this.file.fd);
      this.durable += bytes.length;
      for (const { done } of batch) done();
    } catch (error) {
      // After a failed write or sync nobody knows what is on disk: nothing may be acknowledged any more.
      if (this.failure === undefined) {
        this.failure = error instanceof Error ? error : new Error(String(error));
        this.onFailure(this.failure);
      }
      const { failure } = this;
      for (const { failed } of batch) failed(failure);
    }
  }
}
