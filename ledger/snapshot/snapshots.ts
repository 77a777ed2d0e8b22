import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../sync-folder.ts";
import type { Captured } from "./capture.ts";
import { damagedPath, writeSnapshot } from "./file.ts";

/** A start replays at most so much of the journal without a snapshot, or an eighth of what a snapshot holds. */
const leastBytes = 16 << 20;
const share = 8;

export interface SnapshotsOptions {
  readonly path: string;
  /** Where the journal goes on behind the last snapshot. */
  readonly journalEnd: number;
  /** The present state, all of which is in the journal on disk: a snapshot never runs ahead of it. */
  readonly capture: () => Captured;
  readonly log: (message: string) => void;
}

/** Takes a snapshot whenever enough was committed since the last one. A snapshot that fails costs time at the next start, nothing else. */
export class Snapshots {
  private readonly options: SnapshotsOptions;
  private journalEnd: number;
  private running: Promise<void> | undefined;
  private ended = false;
  /** The one that is under way holds what is to be erased. */
  private givenUp = false;

  constructor(options: SnapshotsOptions) {
    this.options = options;
    this.journalEnd = options.journalEnd;
  }

  /** To be called after each commit. @param heapSize bytes that a snapshot would hold */
  committed(journalEnd: number, heapSize: number): void {
    if (this.running === undefined && journalEnd - this.journalEnd > Math.max(leastBytes, heapSize / share)) {
      this.take().catch(() => undefined);
    }
  }

  /** Takes one once those asked for before are done. Rejects where it fails, which is logged already. */
  take(): Promise<void> {
    return this.inTurn(() => this.write());
  }

  /**
   * Runs work during which no snapshot is taken, removes the one there is, and has a new one taken: for work that erases what they hold.
   */
  without(work: () => Promise<void>): Promise<void> {
    this.givenUp = true;
    const done = this.inTurn(async () => {
      await work();
      for (const path of [this.options.path, damagedPath(this.options.path)]) await rm(path, { force: true });
      await syncFolder(dirname(this.options.path));
    });
    done.then(
      () => this.take().catch(() => undefined),
      () => undefined,
    );
    return done;
  }

  /** Gives up the one that is under way, and takes no more. */
  async close(): Promise<void> {
    this.ended = true;
    await this.running?.catch(() => undefined);
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const before = this.running ?? Promise.resolve();
    const done = before.catch(() => undefined).then(work);
    this.running = done;
    const finished = () => {
      if (this.running === done) this.running = undefined;
    };
    done.then(finished, finished);
    return done;
  }

  private async write(): Promise<void> {
    if (this.ended) return;
    const { path, capture, log } = this.options;
    const captured = capture();
    this.givenUp = false;
    this.journalEnd = captured.head.journalEnd;
    try {
      await writeSnapshot(path, captured, () => this.ended || this.givenUp);
    } catch (error) {
      log(`${path}: no snapshot was taken, the next start takes longer: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  }
}
