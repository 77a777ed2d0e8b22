const free = 0;

/** Who may hold a lock: the side that opened the journal, or a thread that verifies it. */
export type RecordHolder = "owner" | "verifier";

const marks: Record<RecordHolder, number> = { owner: 1, verifier: 2 };

/**
 * Keeps a record from being read while it is overwritten, also between threads: one read or one overwriting at a time. Appending needs no
 * lock, as nobody reads what is not there yet.
 */
export class RecordLock {
  /** What the other thread makes its lock of. */
  readonly shared: SharedArrayBuffer;
  private readonly cell: Int32Array;
  private readonly mark: number;
  /** What this side does, one after the other: whoever waits here has its turn. */
  private queue: Promise<unknown> = Promise.resolve();

  /** @param shared of the lock that the other thread has; a new one where it is left out */
  constructor(holder: RecordHolder, shared: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.cell = new Int32Array(shared);
    this.mark = marks[holder];
  }

  /** Runs work once nobody else has the lock. A promise that waits for it does not keep a thread alive. */
  during<T>(work: () => Promise<T>): Promise<T> {
    const done = this.queue.then(() => this.alone(work));
    this.queue = done.catch(() => undefined);
    return done;
  }

  private async alone<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      const found = Atomics.compareExchange(this.cell, 0, free, this.mark);
      if (found === free) break;
      await Atomics.waitAsync(this.cell, 0, found).value;
    }
    try {
      return await work();
    } finally {
      this.freeFrom(this.mark);
    }
  }

  /** Frees the lock where a thread has it that has ended. */
  giveUp(holder: RecordHolder): void {
    this.freeFrom(marks[holder]);
  }

  private freeFrom(mark: number): void {
    if (Atomics.compareExchange(this.cell, 0, mark, free) === mark) Atomics.notify(this.cell, 0);
  }
}
