import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { WatchEvent } from "../../cli/watch/report.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { root } from "./nitro.ts";

type Name = WatchEvent["event"];
type Told<N extends Name> = WatchEvent & { event: N };

/** A `./nitro watch --json` that goes on in the background. */
export class Watcher {
  readonly events: WatchEvent[] = [];
  private readonly child: ChildProcess;
  private errors = "";

  constructor(args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
    const { cwd = root, env } = options;
    this.child = spawn(`${root}/nitro`, ["watch", ...args, "--json"], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const { stdout, stderr } = this.child;
    if (stdout !== null) createInterface({ input: stdout }).on("line", (line) => this.events.push(JSON.parse(line) as WatchEvent));
    stderr?.on("data", (chunk) => {
      this.errors += chunk;
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Everything told of one kind. */
  all<N extends Name>(name: N): Told<N>[] {
    return this.events.filter((each): each is Told<N> => each.event === name);
  }

  /** Waits for the next event of a kind after some others. @param since how many of them there were before */
  async next<N extends Name>(name: N, since: number): Promise<Told<N>> {
    const found = waitFor(
      () => {
        if (this.child.exitCode !== null) throw new Error(`the watch has ended with ${this.child.exitCode}: ${this.errors}`);
        return this.all(name)[since];
      },
      { what: `"${name}"`, timeoutMs: 60_000, intervalMs: 20 },
    );
    return await found.catch((error: Error) => {
      throw new Error(`${error.message}\ntold: ${JSON.stringify(this.events)}\n${this.errors}`, { cause: error });
    });
  }

  /** Does something and waits for what the watch says of it. */
  async after<N extends Name>(act: () => unknown, name: N): Promise<Told<N>> {
    const since = this.all(name).length;
    await act();
    return this.next(name, since);
  }

  /** What it wrote to standard error. */
  get said(): string {
    return this.errors;
  }

  /** Ends it as Ctrl-C does. @returns its exit code */
  async end(signal: NodeJS.Signals = "SIGINT"): Promise<number | null> {
    const ended = this.ended();
    this.child.kill(signal);
    return await ended;
  }

  /** @returns its exit code, once it has ended */
  async ended(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "close");
    return this.child.exitCode;
  }
}
