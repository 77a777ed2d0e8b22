import { styleText } from "node:util";
import { type EngineEvent, progressOf, type Step } from "../automation/events.ts";
import type { Context } from "../cli/core/command.ts";

type Output = Pick<NodeJS.WriteStream, "write" | "isTTY" | "columns">;

interface Running {
  readonly step: Step;
  readonly since: number;
}

/** What a long command is doing: a line per finished step; on a terminal also a live line per running one. */
export class Progress {
  private readonly output: Output;
  private readonly now: () => number;
  private readonly running = new Map<string, Running>();
  private idle: { readonly text: string; readonly since: number } | undefined;
  private afterwards = "";
  private timer: NodeJS.Timeout | undefined;
  private drawn = 0;

  constructor(output: Output, now: () => number = Date.now) {
    this.output = output;
    this.now = now;
  }

  /** True on a terminal, where lines can be written anew. */
  get live(): boolean {
    return this.output.isTTY === true;
  }

  /**
   * Starts the live lines.
   * @param idle shown while no step runs
   * @param afterwards shown instead once a step has finished
   */
  start(idle: string, afterwards = idle): void {
    this.idle = { text: idle, since: this.now() };
    this.afterwards = afterwards;
    if (!this.live) return;
    this.timer ??= setInterval(() => this.draw(), 100);
    this.draw();
  }

  /** Ends the live lines; the finished ones stay. */
  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.idle = undefined;
    this.running.clear();
    this.erase();
  }

  /** A line that is replaced by the next; on a terminal alone. @param text undefined removes it */
  status(text: string | undefined): void {
    this.erase();
    if (text !== undefined && this.live) {
      this.output.write(`${`· ${text}`.slice(0, this.width())}\n`);
      this.drawn = 1;
    }
  }

  /** A line that stays. */
  line(text: string): void {
    this.erase();
    this.output.write(`${text}\n`);
    this.draw();
  }

  /** Follows pulumi's events. */
  readonly onEvent = (event: EngineEvent): void => {
    const progress = progressOf(event);
    if (progress === undefined) return;
    if (progress.kind === "note") this.line(progress.text);
    else this.follow(progress.kind, progress.step);
  };

  /** Follows pulumi's events where only what goes wrong is to be told. */
  readonly onFailure = (event: EngineEvent): void => {
    const progress = progressOf(event);
    if (progress?.kind === "note" || progress?.kind === "failed") this.onEvent(event);
  };

  private follow(kind: "started" | "finished" | "failed", step: Step): void {
    const key = `${step.urn} ${step.doing}`;
    if (kind === "started") {
      this.running.set(key, { step, since: this.now() });
      this.draw();
      return;
    }
    const took = this.now() - (this.running.get(key)?.since ?? this.now());
    this.running.delete(key);
    if (this.idle !== undefined && this.running.size === 0) this.idle = { text: this.afterwards, since: this.now() };
    const failed = kind === "failed";
    const mark = failed ? this.style("red", "✗") : this.style("green", "✓");
    this.line(`${mark} ${step.label} ${failed ? `${step.doing} failed` : step.done} ${this.style("dim", seconds(took))}`);
  }

  private draw(): void {
    if (this.timer === undefined) return;
    this.erase();
    const lines = [...this.running.values()].map(({ step, since }) => `· ${step.label} ${step.doing} ${seconds(this.now() - since)}`);
    if (lines.length === 0 && this.idle !== undefined) lines.push(`· ${this.idle.text} ${seconds(this.now() - this.idle.since)}`);
    for (const text of lines) this.output.write(`${text.slice(0, this.width())}\n`);
    this.drawn = lines.length;
  }

  private width(): number {
    return (this.output.columns || 80) - 1;
  }

  private erase(): void {
    if (this.drawn > 0) this.output.write(`\x1b[${this.drawn}A\x1b[0J`);
    this.drawn = 0;
  }

  private style(format: "red" | "green" | "dim", text: string): string {
    return this.live ? styleText(format, text, { validateStream: false }) : text;
  }
}

/** Says on the first Ctrl-C what happens now. @returns how to stop listening */
export function announceStop(context: Context, progress: Progress): () => void {
  const onStop = () => progress.line("stopping cleanly, Ctrl-C again to end at once");
  context.signal.addEventListener("abort", onStop);
  return () => context.signal.removeEventListener("abort", onStop);
}

/** Milliseconds for people: "0.4s", "12.3s", "2m 5s". */
export function seconds(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)}s`;
  const whole = Math.round(ms / 1000);
  return `${Math.floor(whole / 60)}m ${whole % 60}s`;
}

/** Between two lines about a long check where no terminal shows it live. */
const heartbeatMs = 10_000;

/** A live line on a terminal; elsewhere a line now and then. */
export function heartbeat(progress: Progress): (text: string) => void {
  let told = Date.now();
  return (text) => {
    progress.status(text);
    if (progress.live || Date.now() - told < heartbeatMs) return;
    told = Date.now();
    progress.line(`  ${text}`);
  };
}
