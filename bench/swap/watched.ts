import { rm } from "node:fs/promises";
import type { Built } from "../build.ts";
import { warmPhases } from "../profile.ts";
import type { SwapTimes } from "./contender.ts";
import { measureSwap, replaceExecutable, type SwapTarget } from "./measure.ts";
import { OwnContender } from "./own.ts";
import { Watcher } from "./watcher.ts";

/** Builds take longer: what was armed is ready by then. */
const buildMs = 500;

/**
 * `nitro watch`, in its second swap. Each round has a watch of its own, since other contenders swap in the same stack; leaving `--live` declares
 * what runs.
 */
export class WatchedSwap extends OwnContender {
  readonly name: string;
  private readonly live: boolean;

  constructor(stack: string, binary: string, target: SwapTarget, live: boolean) {
    super(stack, binary, target);
    this.name = live ? "nitro watch --live" : "nitro watch";
    this.live = live;
  }

  async swap(built: Built, before: Built): Promise<SwapTimes> {
    await rm(this.trace, { force: true });
    const watcher = new Watcher(this.stack, this.live ? ["--live"] : [], this.trace);
    try {
      await watcher.next("ready");
      await replaceExecutable(before, this.binary);
      await watcher.next("swapped");
      await watcher.next("armed");
      await new Promise((resolve) => setTimeout(resolve, buildMs));
      const { binary, target } = this;
      const measured = await measureSwap({ built, binary, target, work: () => watcher.next("swapped") });
      return this.live ? measured.times : await this.profiled(measured, warmPhases);
    } finally {
      await watcher.stop();
    }
  }
}
