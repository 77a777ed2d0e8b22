/** A source that was written. */
export interface SourceChange {
  /** As people write it. */
  readonly file: string;
  /** When, in milliseconds since 1970. */
  readonly at: number;
}

/**
 * What a change of a source means for the build:
 * - fresh: what runs is out of date, and a build that runs is in vain
 * - late: the build that runs may have written it itself: it is let end, and another one follows
 * - own: the build writes it each time: no change
 */
export type ChangeMeaning = "fresh" | "late" | "own";

/** A file that was written during so many builds in a row is written by the builds. */
const ownAfter = 3;

/** Clocks of file systems are some milliseconds behind. */
const slackMs = 10;

/** Finds the sources that a build writes itself, which would else begin it anew for ever. Pure, but for what it remembers. */
export class BuildWrites {
  /** How many builds in a row a file was written in, before the last one. */
  private streaks = new Map<string, number>();
  private written = new Set<string>();
  private began = Number.POSITIVE_INFINITY;
  private ended: number | undefined;
  private readonly known = new Set<string>();
  private untold: string[] = [];

  /** A build begins. @param now in milliseconds since 1970 */
  begin(now: number): void {
    const streaks = new Map([...this.written].map((file) => [file, (this.streaks.get(file) ?? 0) + 1]));
    // One that was cut off may not have come to it.
    if (this.ended === undefined) for (const [file, streak] of this.streaks) if (!streaks.has(file)) streaks.set(file, streak);
    this.streaks = streaks;
    this.written = new Set();
    this.began = now;
    this.ended = undefined;
  }

  /** It has ended by itself. */
  end(now: number): void {
    this.ended = now;
  }

  judge({ file, at }: SourceChange): ChangeMeaning {
    if (at < this.began - slackMs || (this.ended !== undefined && at > this.ended)) return "fresh";
    this.written.add(file);
    const builds = (this.streaks.get(file) ?? 0) + 1;
    if (builds < ownAfter) return builds === 1 ? "fresh" : "late";
    if (!this.known.has(file)) {
      this.known.add(file);
      this.untold.push(file);
    }
    return "own";
  }

  /** @returns files that were found to be the build's own since the last call */
  takeFound(): string[] {
    const found = this.untold;
    this.untold = [];
    return found;
  }
}
