import { armLive, type LiveTarget } from "../../cli/live.ts";
import { loadExecutable } from "../../stacks/staging.ts";
import { ownerId } from "../../toolchain/owner.ts";
import type { Built } from "../build.ts";
import { root } from "../run.ts";
import type { Contender, Swapped } from "./contender.ts";
import { replaceFile, type Target, watchSwap } from "./measure.ts";

/** Builds take longer: what was armed is ready by then. */
const buildMs = 500;

/** Live mode in a process that runs already: armed while a build goes on, as a watcher does, or from nothing. */
export class LiveSwap implements Contender {
  readonly name: string;
  private readonly stack: string;
  private readonly binary: string;
  private readonly target: Target;
  private readonly armed: boolean;

  constructor(stack: string, binary: string, target: Target, armed: boolean) {
    this.name = armed ? "live, armed" : "live, not armed";
    this.stack = stack;
    this.binary = binary;
    this.target = target;
    this.armed = armed;
  }

  async start(): Promise<void> {}

  async swap(built: Built): Promise<Swapped> {
    const { engine } = this.target;
    const folder = root.replace(/\/$/, "");
    const live: LiveTarget = { engine, root: folder, stack: this.stack, owner: ownerId(process.env), roles: ["service", "worker"] };
    const { arch } = await engine.ping();
    const before = this.armed ? await armLive(live) : undefined;
    if (this.armed) await new Promise((resolve) => setTimeout(resolve, buildMs));
    const began = await replaceFile(built, this.binary);
    const swapped = Promise.all([before ?? armLive(live), loadExecutable(folder, this.binary, arch, this.stack)]).then(
      ([ready, executable]) => ready.swap(executable),
    );
    const [{ answered, proved }] = await Promise.all([watchSwap(this.target, built), swapped]);
    return { answered: answered - began, proved: proved - began };
  }

  async stop(): Promise<void> {}
}
