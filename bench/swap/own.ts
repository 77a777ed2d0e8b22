import { readFile, rm } from "node:fs/promises";
import type { Built } from "../build.ts";
import { type Phase, phases, readTrace } from "../profile.ts";
import { nitro } from "../run.ts";
import type { Contender, SwapTimes } from "./contender.ts";
import { type MeasuredTimes, measureSwap, type SwapTarget } from "./measure.ts";

/** One of our own ways, in a stack that is up. */
export abstract class OwnContender implements Contender {
  abstract readonly name: string;
  protected readonly stack: string;
  protected readonly binary: string;
  protected readonly target: SwapTarget;
  /** The file for NITRO_TRACE. */
  protected readonly trace: string;

  /** @param binary the executable that the stack's settings name */
  constructor(stack: string, binary: string, target: SwapTarget) {
    this.stack = stack;
    this.binary = binary;
    this.target = target;
    this.trace = `${binary}.trace`;
  }

  abstract swap(built: Built, other: Built): Promise<SwapTimes>;

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  /** Runs `nitro swap` from the shell. */
  protected async fromShell(built: Built, of: readonly Phase[], roots: readonly number[] = []): Promise<SwapTimes> {
    await rm(this.trace, { force: true });
    const work = () => nitro(["swap", "-s", this.stack], { NITRO_TRACE: this.trace });
    const measured = await measureSwap({ built, binary: this.binary, target: this.target, roots, work });
    return await this.profiled(measured, of);
  }

  /** Says where the time went, by the trace. */
  protected async profiled({ times, began }: MeasuredTimes, of: readonly Phase[]): Promise<SwapTimes> {
    const marks = readTrace(await readFile(this.trace, "utf8"));
    return { ...times, profile: phases(of, marks, began, began + times.answered, began + times.done) };
  }
}
