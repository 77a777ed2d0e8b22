import { fdatasync, writeSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { setImmediate as othersTurn } from "node:timers/promises";
import { isDiskFull } from "../disk-full.ts";
import { journalWayOut, readHeader } from "./header.ts";
import { RecordLock } from "./record-lock.ts";
import { frame, JournalError, readRecord, readRecords, scanRecords } from "./records.ts";
import { checkRoom, rewriteRecord } from "./rewrite.ts";

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
  /** Told when the disk is full, and when there is room again. */
  readonly log: (message: string) => void;
  /** Told once that a write failed for another reason than a full disk. */
  readonly onFailure: (error: Error) => void;
  /** Offset of the first record to read: those before it are known already. */
  readonly from?: number;
}

/** Bytes of records that are read together. */
const bytesAtOnce = 256 << 10;

/** A record that waits to be written. */
interface Waiting {
  readonly bytes: Buffer;
  readonly settled: (failure?: Error) => void;
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
  private readonly log: (message: string) => void;
  private waiting: Waiting[] = [];
  private running: Promise<void> | undefined;
  private failure: Error | undefined;
  private position: number;
  /** Up to where everything is on disk. */
  private durable: number;
  /** Whether the last write found the disk full. */
  private full = false;

  private constructor(file: FileHandle, path: string, end: number, { onFailure, log }: Pick<JournalOptions, "onFailure" | "log">) {
    this.file = file;
    this.onFailure = onFailure;
    this.log = log;
    this.path = path;
    this.position = end;
    this.durable = end;
  }

  /**
   * Opens a journal and reads its records. One that was cut off at the very end was never acknowledged: it is removed.
   * @throws JournalError naming file, offset and what is wrong
   */
  static async open(path: string, options: JournalOptions): Promise<Journal> {
    const { onRecord, onTorn, from } = options;
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
      return new Journal(file, path, size, options);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * Appends a record.
   * @param settled called in the order of the records, once one is on disk, or will never be there: then no record behind it is, either
   * @returns its offset, and a promise that is settled after that; it rejects where the disk is full or fails
   */
  append(
    content: Buffer,
    settled: (failure?: Error) => void = () => undefined,
  ): { readonly offset: number; readonly durable: Promise<void> } {
    const bytes = frame(content);
    const offset = this.position;
    this.position += bytes.length;
    const durable = Promise.withResolvers<void>();
    this.waiting.push({
      bytes,
      settled: (failure) => {
        settled(failure);
        if (failure === undefined) durable.resolve();
        else durable.reject(failure);
      },
    });
    this.running ??= this.drain();
    return { offset, durable: durable.promise };
  }

  /** Bytes that wait for the disk. */
  get backlog(): number {
    return this.position - this.durable;
  }

  /** Up to where everything is on disk. */
  get end(): number {
    return this.durable;
  }

  /** The content of the record at an offset that append or open gave. */
  async read(offset: number): Promise<Buffer> {
    return await this.lock.during(() => readRecord(this.file, this.path, offset));
  }

  /** The contents of the record at an offset and of some that follow it. */
  async readFrom(offset: number): Promise<readonly Buffer[]> {
    return await this.lock.during(() => readRecords(this.file, this.path, offset, this.durable, bytesAtOnce));
  }

  /** Replaces a record's content by one of the same length: a crash leaves the old one or the new one, and nobody reads a mixture. */
  async rewrite(offset: number, content: Buffer): Promise<void> {
    await rewriteRecord(this.path, offset, content, this.lock);
  }

  /** @throws the system's error where the disk has no room for a replacement of so many bytes */
  async checkRoom(length: number): Promise<void> {
    await checkRoom(this.path, length);
  }

  /** Resolves once nothing waits to be written. */
  async settled(): Promise<void> {
    while (this.running !== undefined) await this.running;
  }

  /** Writes what waits, then takes nothing more. */
  async close(): Promise<void> {
    await this.settled();
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
      if (this.full) this.log(`${this.path}: there is room again, commits are taken`);
      this.full = false;
      for (const { settled } of batch) settled();
    } catch (error) {
      const failure = this.failure ?? (error instanceof Error ? error : new Error(String(error)));
      if (isDiskFull(failure) && (await this.cutBack())) {
        // What waits follows what was refused.
        const refused = [...batch, ...this.waiting];
        this.waiting = [];
        this.position = this.durable;
        if (!this.full) this.log(`${this.path}: commits are refused until there is room, reads go on: ${failure.message}`);
        this.full = true;
        for (const { settled } of refused) settled(failure);
        return;
      }
      // After a failed write or sync nobody knows what is on disk: nothing may be acknowledged any more.
      if (this.failure === undefined) {
        this.failure = failure;
        this.onFailure(failure);
      }
      for (const { settled } of batch) settled(failure);
    }
  }

  /** Removes what was written of records that are not on disk whole. @returns whether the file ends where everything is on disk again */
  private async cutBack(): Promise<boolean> {
    try {
      await this.file.truncate(this.durable);
      await this.file.datasync();
      return true;
    } catch {
      return false;
    }
  }
}
