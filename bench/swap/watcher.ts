import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { WatchEvent } from "../../cli/watch/report.ts";
import { root } from "../run.ts";

const limitMs = 60_000;

/** A `nitro watch --json` in a process of its own, as a developer has it in a terminal. */
export class Watcher {
  private readonly child: ChildProcess;
  private readonly seen: WatchEvent[] = [];
  private said = "";
  private news: () => void = () => {};

  /** @param trace the file for NITRO_TRACE */
  constructor(stack: string, options: readonly string[], trace: string) {
    const env = { ...process.env, NITRO_TRACE: trace };
    this.child = spawn("./nitro", ["watch", "-s", stack, "--json", ...options], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    const { stdout, stderr } = this.child;
    if (stdout === null || stderr === null) throw new Error("nitro watch has no output");
    createInterface({ input: stdout }).on("line", (line) => {
      this.seen.push(JSON.parse(line) as WatchEvent);
      this.said += `${line}\n`;
      this.news();
    });
    stderr.on("data", (data: Buffer) => {
      this.said += data.toString();
    });
    this.child.once("exit", () => this.news());
  }

  /**
   * Waits for an event that was not waited for yet; those before it are forgotten.
   * @throws Error with all that the watch said where it fails, ends or keeps silent
   */
  async next(wanted: WatchEvent["event"]): Promise<void> {
    const end = Date.now() + limitMs;
    for (;;) {
      for (let event = this.seen.shift(); event !== undefined; event = this.seen.shift()) {
        if (event.event === wanted) return;
        if ("error" in event) throw new Error(`nitro watch failed:\n${this.said}`);
      }
      const { exitCode } = this.child;
      if (exitCode !== null) throw new Error(`nitro watch ended with ${exitCode}:\n${this.said}`);
      if (Date.now() > end) throw new Error(`nitro watch did not say "${wanted}" within ${limitMs / 1000} s:\n${this.said}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000);
        this.news = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** As Ctrl-C does. Resolves when it has ended. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = once(this.child, "exit");
    this.child.kill("SIGINT");
    await ended;
  }
}
