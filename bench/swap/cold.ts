import { readFile, rm } from "node:fs/promises";
import type { Built } from "../build.ts";
import { coldPhases, phases, readTrace } from "../profile.ts";
import { nitro } from "../run.ts";
import type { Contender, SwapTimes } from "./contender.ts";
import { replaceExecutable, type SwapTarget, watchSwap } from "./measure.ts";

/** `nitro swap`, one process from the shell, in a stack that is up. */
export class ColdSwap implements Contender {
  readonly name = "nitro swap";
  private readonly stack: string;
  private readonly binary: string;
  private readonly target: SwapTarget;

  constructor(stack: string, binary: string, target: SwapTarget) {
    this.stack = stack;
    this.binary = binary;
    this.target = target;
  }

  async start(): Promise<void> {}

  async swap(built: Built): Promise<SwapTimes> {
    const trace = `${this.binary}.trace`;
    await rm(trace, { force: true });
    const began = await replaceExecutable(built, this.binary);
    const command = nitro(["swap", "-s", this.stack], { NITRO_TRACE: trace }).then(() => Date.now());
    const [{ answered, proved }, ended] = await Promise.all([watchSwap(this.target, built), command]);
    const profile = phases(coldPhases, readTrace(await readFile(trace, "utf8")), began, answered, ended);
    return { answered: answered - began, proved: proved - began, profile };
  }

  async stop(): Promise<void> {}
}
