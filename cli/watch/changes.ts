/** What changed: the sources of a program, or its executable. */
export type WatchedChange = "sources" | "executable";

/** How long there has to be quiet, in ms, before a change is looked at: editors and compilers write in several steps. */
export const quietMs: Readonly<Record<WatchedChange, number>> = { sources: 50, executable: 20 };

/**
 * Changes that nobody has looked at yet. However many there are, one look at what is there now answers them all: the last one wins.
 */
export class WatchedChanges {
  private readonly pending = new Map<WatchedChange, number>();
  private wake: () => void = () => {};
  private readonly now: () => number;

  constructor(now: () => number = Date.now) {
    this.now = now;
  }

  note(change: WatchedChange): void {
    this.pending.set(change, this.now() + quietMs[change]);
    this.wake();
  }

  /**
   * Waits for changes, and until it is quiet after the last of them.
   * @param signal aborted: ends the waiting
   * @returns them; none where the signal came first
   */
  async next(signal: AbortSignal): Promise<ReadonlySet<WatchedChange>> {
    const onAbort = () => this.wake();
    signal.addEventListener("abort", onAbort);
    try {
      while (!signal.aborted) {
        const due = Math.max(...this.pending.values()) - this.now();
        if (this.pending.size > 0 && due <= 0) {
          const changes = new Set(this.pending.keys());
          this.pending.clear();
          return changes;
        }
        await this.woken(this.pending.size > 0 ? due : undefined);
      }
      return new Set();
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Drops what is pending of one kind: the look that is about to be taken answers it. */
  forget(change: WatchedChange): void {
    this.pending.delete(change);
  }

  private woken(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
