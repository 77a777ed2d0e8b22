import { closeSync, openSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endKeeper, keeperState } from "../../cli/keeper/client.ts";
import { startKeeper } from "../../cli/keeper/start.ts";
import type { Built } from "../build.ts";
import { keptPhases, phases, readTrace } from "../profile.ts";
import { nitro, root } from "../run.ts";
import type { Contender, SwapTimes } from "./contender.ts";
import { replaceExecutable, type SwapTarget, watchSwap } from "./measure.ts";

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
export class KeptSwap implements Contender {
  readonly name = "nitro swap, kept ready";
  private readonly stack: string;
  private readonly binary: string;
  private readonly target: SwapTarget;

  constructor(stack: string, binary: string, target: SwapTarget) {
    this.stack = stack;
    this.binary = binary;
    this.target = target;
  }

  async start(): Promise<void> {}

  async swap(built: Built, before: Built): Promise<SwapTimes> {
    const trace = `${this.binary}.trace`;
    const env = { NITRO_TRACE: trace };
    const log = openSync(`${this.binary}.keeper.log`, "w");
    await startKeeper(folder, this.stack, { ...process.env, ...env }, log);
    closeSync(log);
    try {
      await this.armed();
      await replaceExecutable(before, this.binary);
      await nitro(["swap", "-s", this.stack], env);
      await this.armed();
      await sleep(buildMs);
      await rm(trace, { force: true });
      const began = await replaceExecutable(built, this.binary);
      const command = nitro(["swap", "-s", this.stack], env).then(() => Date.now());
      const [{ answered, proved }, ended] = await Promise.all([watchSwap(this.target, built), command]);
      const profile = phases(keptPhases, readTrace(await readFile(trace, "utf8")), began, answered, ended);
      return { answered: answered - began, proved: proved - began, profile };
    } finally {
      await endKeeper(folder, this.stack);
    }
  }

  async stop(): Promise<void> {}

  private async armed(): Promise<void> {
    while ((await keeperState(folder, this.stack))?.armed !== true) await sleep(lookMs);
  }
}
