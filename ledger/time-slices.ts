/** How long work runs before it lets others have their turn, in milliseconds. */
const sliceMs = 8;

/** Tells when work has run long enough. */
export class TimeSlices {
  private readonly clock: () => number;
  private began: number | undefined;

  /** @param clock milliseconds, from any beginning */
  constructor(clock: () => number) {
    this.clock = clock;
  }

  /** To be called after each step, such as a row that is looked at. @returns whether the slice is over: the next one begins when the work goes on */
  tick(): boolean {
    const now = this.clock();
    this.began ??= now;
    if (now - this.began < sliceMs) return false;
    this.began = undefined;
    return true;
  }
}
