import { LedgerError } from "./errors.ts";

/** Time as the gate sees it. */
export interface GateClock {
  /** Milliseconds; only differences count. */
  readonly now: () => number;
  /** Calls back after some milliseconds. @returns what ends that */
  readonly after: (ms: number, done: () => void) => () => void;
}

const systemTime: GateClock = {
  now: () => performance.now(),
  after: (ms, done) => {
    const timer = setTimeout(done, ms).unref();
    return () => clearTimeout(timer);
  },
};

/** What a commit has to pass. For a while commits can wait here, or be answered with a conflict, as if somebody else had been faster. */
export class CommitGate {
  private readonly clock: GateClock;
  private conflictsUntil = Number.NEGATIVE_INFINITY;
  private held: { readonly opened: PromiseWithResolvers<void>; readonly stop: () => void } | undefined;

  constructor(clock: GateClock = systemTime) {
    this.clock = clock;
  }

  /** Answers every commit of the next time with a conflict; 0 ends that. @param ms milliseconds */
  conflict(ms: number): void {
    this.conflictsUntil = this.clock.now() + ms;
  }

  /** For how long it will still answer with conflicts, in milliseconds; 0 where it does not. */
  get conflicting(): number {
    return Math.max(0, this.conflictsUntil - this.clock.now());
  }

  /** Lets every commit wait for the next time; 0 lets them go on. @param ms milliseconds */
  hold(ms: number): void {
    const before = this.held;
    before?.stop();
    if (ms === 0) {
      this.held = undefined;
      before?.opened.resolve();
      return;
    }
    this.held = { opened: before?.opened ?? Promise.withResolvers(), stop: this.clock.after(ms, () => this.hold(0)) };
  }

  /** Whether commits wait. */
  get holding(): boolean {
    return this.held !== undefined;
  }

  /** To be awaited before a commit. @throws LedgerError OccConflictException */
  async pass(): Promise<void> {
    while (this.held !== undefined) await this.held.opened.promise;
    if (this.conflicting > 0) throw new LedgerError("OccConflictException", "Optimistic concurrency control failure");
  }
}
