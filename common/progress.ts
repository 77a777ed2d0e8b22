import { styleText } from "node:util";
import type { Context } from "./context.ts";
import { stoppingText } from "./stopping.ts";

type Output = Pick<NodeJS.WriteStream, "write" | "isTTY" | "columns"> & Partial<Pick<NodeJS.WriteStream, "hasColors">>;

/** One thing that is being done, for people. */
export interface ProgressStep {
  /** Tells it from others that go on at the same time. */
  readonly key: string;
  /** What it is done to: "container nitro-alice-redis". */
  readonly label: string;
  /** While it goes on, such as "creating", and when it is done, such as "created". */
  readonly doing: string;
  readonly done: string;
}

interface Running {
  readonly step: ProgressStep;
  readonly since: number;
}

/** What a long command is doing: a line per finished step; on a terminal also a live line per running one. */
export class Progress {
  private readonly output: Output;
  private readonly now: () => number;
  private readonly rewrites: boolean;
  private readonly running = new Map<string, Running>();
  private idle: { readonly text: string; readonly since: number } | undefined;
  private afterwards = "";
  private timer: NodeJS.Timeout | undefined;
  private drawn = 0;

  constructor(output: Output, now: () => number = Date.now, env: NodeJS.ProcessEnv = process.env) {
    this.output = output;
    this.now = now;
    this.rewrites = env.TERM !== "dumb";
  }

  /** True on a terminal where lines can be written anew: one that calls itself dumb shows the codes for that as they are. */
  get live(): boolean {
    return this.output.isTTY === true && this.rewrites;
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

  /** A step has begun: on a terminal it has a live line from now on. */
  begin(step: ProgressStep): void {
    this.running.set(step.key, { step, since: this.now() });
    this.draw();
  }

  /** A step has come to its end, well or not: a line that stays. */
  end(step: ProgressStep, well: boolean): void {
    const took = this.now() - (this.running.get(step.key)?.since ?? this.now());
    this.running.delete(step.key);
    if (this.idle !== undefined && this.running.size === 0) this.idle = { text: this.afterwards, since: this.now() };
    const mark = well ? this.style("green", "✓") : this.style("red", "✗");
    this.line(`${mark} ${step.label} ${well ? step.done : `${step.doing} failed`} ${this.style("dim", seconds(took))}`);
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
    // A terminal says no where NO_COLOR is set, or it knows no colours.
    return this.live && this.output.hasColors?.() !== false ? styleText(format, text, { validateStream: false }) : text;
  }
}

/** Says on the first Ctrl-C what happens now. @returns how to stop listening */
export function announceStop(context: Context, progress: Progress): () => void {
  const onStop = () => progress.line(stoppingText);
  context.signal.addEventListener("abort", onStop);
  return () => context.signal.removeEventListener("abort", onStop);
}

/** Milliseconds for people: "0.4s", "12.3s", "2m 5s". */
export function seconds(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)}s`;
  const whole = Math.round(ms / 1000);
  return `${Math.floor(whole / 60)}m ${whole % 60}s`;
}

/** Between two lines about something long where no terminal shows it live, in ms. */
export const heartbeatMs = 10_000;

/** A live line on a terminal, with the detail where there is one; elsewhere a line now and then. */
export function heartbeat(progress: Progress): (text: string, detail?: string) => void {
  let told = Date.now();
  return (text, detail = "") => {
    progress.status(`${text} ${detail}`.trimEnd());
    if (progress.live || Date.now() - told < heartbeatMs) return;
    told = Date.now();
    progress.line(`  ${text}`);
  };
}
