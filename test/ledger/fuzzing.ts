/**
 * How long fuzz tests go on: a fixed number of rounds from fixed seeds, so that a failure is found again; with LEDGER_FUZZ_SECONDS for as
 * long as it says, from seeds of the day (LEDGER_FUZZ_SEED takes up those of an earlier run).
 */
export class Fuzzing {
  /** For `test`: time enough for its rounds. */
  readonly options: { readonly timeout: number };
  private readonly seconds: number | undefined;
  private readonly day: number;

  /** @param tests of one file, which share its seconds */
  constructor(tests: number) {
    const { LEDGER_FUZZ_SECONDS: seconds, LEDGER_FUZZ_SEED: seed } = process.env;
    this.seconds = seconds === undefined ? undefined : Number(seconds) / tests;
    if (Number.isNaN(this.seconds)) throw new Error(`LEDGER_FUZZ_SECONDS is "${seconds}": a number of seconds is needed`);
    this.day = this.seconds === undefined ? 0 : Number(seed ?? Date.now() % 1_000_000_007);
    this.options = { timeout: ((this.seconds ?? 0) + 60) * 1000 };
  }

  /** A seed for one test; what an endless run began with is told, as it differs from run to run. */
  seed(fixed: number): number {
    if (this.seconds !== undefined) process.stderr.write(`fuzzing for ${this.seconds} s, LEDGER_FUZZ_SEED=${this.day}\n`);
    return fixed + this.day;
  }

  *rounds(count: number): Generator<number> {
    const end = this.seconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + this.seconds * 1000;
    for (let round = 0; this.seconds === undefined ? round < count : performance.now() < end; round++) yield round;
  }
}
