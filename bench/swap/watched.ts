import { readFile, rm } from "node:fs/promises";
import type { Built } from "../build.ts";
import { phases, readTrace, warmPhases } from "../profile.ts";
import type { Contender, SwapTimes } from "./contender.ts";
import { replaceExecutable, type SwapTarget, watchSwap } from "./measure.ts";
import { Watcher } from "./watcher.ts";

/** Builds take longer: what was armed is ready by then. */
const buildMs = 500;

/**
 * `nitro watch`, in its second swap. Each round has a watch of its own, since other contenders swap in the same stack; leaving `--live` declares
 * what runs.
 */
export class WatchedSwap implements Contender {
  readonly name: string;
  private readonly stack: string;
  private readonly binary: string;
  private readonly target: SwapTarget;
  private readonly live: boolean;

  constructor(stack: string, binary: string, target: SwapTarget, live: boolean) {
    this.name = live ? "nitro watch --live" : "nitro watch";
    this.stack = stack;
    this.binary = binary;
    this.target = target;
    this.live = live;
  }

  async start(): Promise<void> {}

  async swap(built: Built, before: Built): Promise<SwapTimes> {
    const trace = `${this.binary}.trace`;
    await rm(trace, { force: true });
    const watcher = new Watcher(this.stack, this.live ? ["--live"] : [], trace);
    try {
      await watcher.next("ready");
      await replaceExecutable(before, this.binary);
      await watcher.next("swapped");
      await watcher.next("armed");
      await new Promise((resolve) => setTimeout(resolve, buildMs));
      const began = await replaceExecutable(built, this.binary);
      const told = watcher.next("swapped").then(() => Date.now());
      const [{ answered, proved }, ended] = await Promise.all([watchSwap(this.target, built), told]);
      const times = { answered: answered - began, proved: proved - began };
      if (this.live) return times;
      return { ...times, profile: phases(warmPhases, readTrace(await readFile(trace, "utf8")), began, answered, ended) };
    } finally {
      await watcher.stop();
    }
  }

  async stop(): Promise<void> {}
}
