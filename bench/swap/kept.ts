import { closeSync, openSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endKeeper, keeperState } from "../../cli/keeper/client.ts";
import { startKeeper } from "../../cli/keeper/start.ts";
import type { Built } from "../build.ts";
import { keptPhases } from "../profile.ts";
import { nitro, root } from "../run.ts";
import type { SwapTimes } from "./contender.ts";
import { replaceExecutable } from "./measure.ts";
import { OwnContender } from "./own.ts";

/** Builds take longer: what was armed is ready by then. */
const buildMs = 500;

/** The repository, as keepers know it. */
const folder = resolve(root);

/** Between two looks whether the next swap is ready, in ms. */
const lookMs = 50;

/**
 * `nitro swap` from the shell, where the swap before has left the next one ready. Each round has a keeper of its own, since other contenders swap in
 * the same stack, and measures its second swap.
 */
export class KeptSwap extends OwnContender {
  readonly name = "nitro swap, kept ready";

  async swap(built: Built, before: Built): Promise<SwapTimes> {
    const env = { NITRO_TRACE: this.trace };
    const log = openSync(`${this.binary}.keeper.log`, "w");
    await startKeeper(folder, this.stack, { ...process.env, ...env }, log);
    closeSync(log);
    try {
      await this.armed();
      await replaceExecutable(before, this.binary);
      await nitro(["swap", "-s", this.stack], env);
      await this.armed();
      await sleep(buildMs);
      const pid = (await keeperState(folder, this.stack))?.pid;
      return await this.fromShell(built, keptPhases, pid === undefined ? [] : [pid]);
    } finally {
      await endKeeper(folder, this.stack);
    }
  }

  private async armed(): Promise<void> {
    while ((await keeperState(folder, this.stack))?.armed !== true) await sleep(lookMs);
  }
}
