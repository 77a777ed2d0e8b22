import { beginSwap, type SwapArgs, swapDeclared } from "../../automation/swap.ts";
import { type ArmedSwap, armLive, type LiveTarget } from "../../executable/live.ts";
import { loadExecutable } from "../../executable/loading.ts";
import { type LoadedExecutable, stagedFile } from "../../executable/staging.ts";
import { labels, stackNames } from "../../model/names.ts";
import { whatShouldRun } from "../swap/what-runs.ts";
import type { SwapKind, Swapper } from "./swapper.ts";

/** Swaps inside the running containers: drift, which the end of the watch reconciles. */
export class LiveSwapper implements Swapper {
  private readonly args: SwapArgs;
  private readonly target: LiveTarget;
  private armed: Promise<ArmedSwap> | undefined;
  private drifted = false;
  /** The last one that answered. */
  private last: LoadedExecutable | undefined;

  /** @param owner of this backend */
  constructor(args: SwapArgs, owner: string) {
    this.args = args;
    const { engine, stack, roles, context } = args;
    this.target = { engine, root: context.root, stack: stack.name, owner, roles };
  }

  async arm(): Promise<void> {
    this.armed ??= armLive(this.target);
    try {
      await this.armed;
    } catch (error) {
      this.armed = undefined;
      throw error;
    }
  }

  async check(): Promise<void> {
    const { armed } = this;
    const ready = await armed?.catch(() => undefined);
    if (ready !== undefined && (await ready.isUsable())) return;
    // A swap has taken it meanwhile.
    if (this.armed !== armed) return;
    this.armed = undefined;
    ready?.disarm();
    // Containers that cannot take a live swap now are told about by the next swap.
    await this.arm().catch(() => {});
  }

  async swap(executable: LoadedExecutable): Promise<SwapKind> {
    await this.arm();
    const armed = await this.armed;
    this.armed = undefined;
    this.drifted = true;
    await armed?.swap(executable);
    this.last = executable;
    return "live";
  }

  async close(): Promise<void> {
    (await this.armed?.catch(() => undefined))?.disarm();
    if (!this.drifted) return;
    const { engine, stack, progress, context } = this.args;
    const runs = await whatShouldRun(engine, context.root, stack.name);
    // Somebody has declared what runs already.
    if ([...runs.values()].every(({ declared, sha256 }) => sha256 === declared)) return;
    const executable = this.last ?? (await this.declared());
    if (executable === undefined) return;
    const start = await beginSwap(this.args);
    progress.line(`declaring ${executable.sha256.slice(0, 12)}, which runs live in stack "${stack.name}"`);
    await swapDeclared(this.args, start, { executable: Promise.resolve(executable) });
  }

  /** No live swap went well: what is declared comes back. */
  private async declared(): Promise<LoadedExecutable | undefined> {
    const { engine, stack, context } = this.args;
    const sha256 = (await engine.inspect(stackNames(stack.name).containers.service))?.labels[labels.executable];
    if (sha256 === undefined) return undefined;
    const { arch } = await engine.ping();
    return loadExecutable(context.root, stagedFile(context.root, stack.name, sha256), arch, stack.name);
  }
}
