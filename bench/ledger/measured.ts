/** What a workload measured; times in milliseconds. The Go client prints it as JSON. */
export interface Measured {
  readonly operations: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  /** Processor time of the client's process meanwhile; the Go client tells it. */
  readonly cpuSeconds?: number;
}

/** Sums up the durations of operations that took this long in all. */
export function measured(durations: readonly number[], seconds: number): Measured {
  const sorted = [...durations].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN;
  return { operations: sorted.length, seconds, p50: at(0.5), p99: at(0.99) };
}

/** Operations per second. */
export function rate({ operations, seconds }: Measured): number {
  return operations / seconds;
}

/** A figure beside what is allowed: "1.23 ms (at most 2.5 ms: ok)". */
export function judgedFigure(
  value: number,
  allowed: { readonly most?: number; readonly least?: number },
  unit: string,
  digits = 2,
): string {
  const { most = Number.POSITIVE_INFINITY, least = Number.NEGATIVE_INFINITY } = allowed;
  // Not a number is over, too.
  const fine = value <= most && value >= least;
  const limit = allowed.most === undefined ? `at least ${least}` : `at most ${most}`;
  return `${value.toFixed(digits)}${unit} (${limit}${unit}: ${fine ? "ok" : "OVER"})`;
}

/** The round whose value lies in the middle; of an even number, the lower of the two. */
export function middle<T>(rounds: readonly T[], value: (round: T) => number): T {
  const found = [...rounds].sort((a, b) => value(a) - value(b))[Math.floor((rounds.length - 1) / 2)];
  if (found === undefined) throw new Error("there was no round");
  return found;
}
