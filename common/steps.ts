import { heartbeatMs, Progress, seconds } from "./progress.ts";

/** Where steps are shown. */
export type Output = Pick<NodeJS.WriteStream, "write" | "isTTY" | "columns">;

/** Where a running step says what it is at. */
export type Detail = (text: string) => void;

const liveMs = 100;

/**
 * What set-up does, step by step, on standard error: live on a terminal; elsewhere a line at the start, one every ten seconds and one
 * at the end, so that a log shows that it goes on.
 */
export class Steps {
  private readonly progress: Progress;

  constructor(output: Output) {
    this.progress = new Progress(output);
  }

  /** Runs one step. @param what it makes, as in "Pulumi 3.256.0" */
  async run<T>(what: string, work: (detail: Detail) => Promise<T>): Promise<T> {
    const { progress } = this;
    const began = Date.now();
    let latest = "";
    const state = () => `${what}: ${seconds(Date.now() - began)}${latest === "" ? "" : `, ${latest}`}`;
    const beat = progress.live
      ? setInterval(() => progress.status(state()), liveMs)
      : setInterval(() => progress.line(`  ${state()}`), heartbeatMs);
    if (progress.live) progress.status(what);
    else progress.line(`· ${what}`);
    try {
      const result = await work((text) => {
        latest = text;
      });
      progress.line(`✓ ${what}, ${seconds(Date.now() - began)}`);
      return result;
    } finally {
      clearInterval(beat);
      progress.status(undefined);
    }
  }

  /** A line that stays. */
  note(text: string): void {
    this.progress.line(text);
  }
}
