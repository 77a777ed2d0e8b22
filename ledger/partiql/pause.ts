/** What a running statement hands out instead of a row when others should have their turn. */
export const pause = Symbol("pause");
export type Pause = typeof pause;

/** How long a statement runs before it lets others have their turn, in milliseconds. */
const sliceMs = 8;
/** How many rows are looked at between two looks at the clock. */
const rowsBetweenLooks = 256;

/** Tells when a statement has run long enough. */
export class TimeSlices {
  private readonly clock: () => number;
  private rows = 0;
  private began: number | undefined;

  /** @param clock milliseconds, from any beginning */
  constructor(clock: () => number) {
    this.clock = clock;
  }

  /** To be called for each row that is looked at. @returns "look" now and then, "pause" where the slice is over */
  tick(): "go" | "look" | "pause" {
    this.began ??= this.clock();
    if (++this.rows % rowsBetweenLooks !== 0) return "go";
    if (this.clock() - this.began < sliceMs) return "look";
    // The next slice begins when the statement goes on.
    this.began = undefined;
    return "pause";
  }
}

/** Rows without the pauses between them, for those who cannot wait. */
export function* unpaused<T>(rows: Iterable<T | Pause>): Generator<T> {
  for (const row of rows) if (row !== pause) yield row;
}
