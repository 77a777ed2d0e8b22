import { ArmedUpdate } from "../../automation/armed-update.ts";
import { HeldError } from "../../automation/lock.ts";
import { runtimeOf } from "../../automation/state.ts";
import { beginSwap, isSound, type SwapArgs, type SwapStart, swapDeclared, withWayBack } from "../../automation/swap.ts";
import { showFailures } from "../../automation/update-progress.ts";
import { collectGarbage } from "../../common/garbage.ts";
import { type Look, wait } from "../../common/waiting.ts";
import type { LoadedExecutable } from "../../executable/staging.ts";
import { stackNames } from "../../model/names.ts";
import { swapTargets } from "../../model/urns.ts";
import type { SwapKind, Swapper } from "./swapper.ts";

/** Between two looks whether somebody else's change of the stack is over, in ms. */
const heldIntervalMs = 200;

/** How long it counts what was seen when a swap was expected, in ms; who changes the stack meanwhile is noticed by the armed update. */
const freshMs = 250;

/** Twice the grace that a container has which was asked to stop (components/container.ts, which loads too much for here), in ms. */
const stopMs = 2_000;

/** After an armed update that failed before it was fired: its reason may last. */
const retryMs = 10_000;

/** An update on its way to being armed. */
interface Arming {
  /** Nobody wants it any more. */
  over: boolean;
  update: ArmedUpdate | undefined;
}

/**
 * Swaps by updates of the stack: what is declared is what runs. Each is armed beforehand, where the backend allows it. The stack's program sees to
 * the proof: an update has not succeeded before the processes run what is declared and answer (stacks/part-health.ts).
 */
export class DeclaredSwapper implements Swapper {
  private readonly args: SwapArgs;
  /** Names of the containers that each swap replaces. */
  private readonly replaced: readonly string[];
  private armed: Promise<ArmedUpdate | undefined> | undefined;
  private arming: Arming | undefined;
  private usable = false;
  private notBefore = 0;
  private expected: { readonly at: number; readonly start: Promise<SwapStart | undefined> } | undefined;

  constructor(args: SwapArgs) {
    this.args = args;
    this.replaced = args.roles.map((role) => stackNames(args.stack.name).containers[role]);
  }

  private targets({ state }: SwapStart): string[] {
    return swapTargets(this.args.stack.name, this.args.roles, runtimeOf(state));
  }

  /** True while an update is armed. */
  get armedNow(): boolean {
    return this.usable;
  }

  async arm(): Promise<void> {
    this.armed ??= this.prepare();
    await this.armed;
  }

  async check(): Promise<void> {
    const { armed } = this;
    const update = await armed;
    if (update !== undefined && (await update.isUsable())) return;
    // A swap has taken it meanwhile.
    if (this.armed !== armed || Date.now() < this.notBefore) return;
    this.armed = undefined;
    this.usable = false;
    await update?.disarm();
    await this.arm();
  }

  async swap(executable: LoadedExecutable, superseded: AbortSignal): Promise<SwapKind> {
    const start = await this.begin(superseded);
    const armed = await this.take();
    return (await this.fire(armed, start, executable, superseded)) ? "warm" : await this.cold(start, executable, superseded);
  }

  /** What is being armed is given up at once: where a part does not answer it would take minutes. */
  async close(): Promise<void> {
    const { arming } = this;
    if (arming !== undefined) {
      arming.over = true;
      await arming.update?.disarm();
    }
    await (await this.take())?.disarm();
  }

  /** One that is just being armed is waited for: it is faster all the same. */
  private async take(): Promise<ArmedUpdate | undefined> {
    const { armed } = this;
    this.armed = undefined;
    this.usable = false;
    return armed;
  }

  private async prepare(): Promise<ArmedUpdate | undefined> {
    const { stack, context } = this.args;
    const arming: Arming = { over: false, update: undefined };
    this.arming = arming;
    const update = await ArmedUpdate.arm(stack.name, this.args.roles, context);
    if (update === undefined) return undefined;
    arming.update = update;
    if (!arming.over && (await update.ready)) {
      // Of the last update's program; else the next executable makes the system look for it, in the middle of a swap.
      collectGarbage();
      this.usable = true;
      return update;
    }
    this.notBefore = Date.now() + retryMs;
    await update.disarm();
    return undefined;
  }

  lookAhead(): void {
    this.expected = { at: Date.now(), start: beginSwap(this.args).catch(() => undefined) };
  }

  private async begin(superseded: AbortSignal): Promise<SwapStart> {
    const { expected } = this;
    this.expected = undefined;
    const start = expected !== undefined && Date.now() - expected.at < freshMs ? await expected.start : undefined;
    if (start !== undefined) return start;
    let held: HeldError | undefined;
    const strategy = {
      what: "the stack's lock",
      look: async (): Promise<Look<SwapStart>> => {
        try {
          return { found: await beginSwap(this.args) };
        } catch (error) {
          if (!(error instanceof HeldError)) throw error;
          if (held === undefined && !superseded.aborted) this.args.progress.line(`waiting: ${error.message}`);
          held = error;
          return { seen: error.message };
        }
      },
    };
    const waited = await wait(strategy, { intervalMs: heldIntervalMs, signal: superseded });
    if (waited.end === "found") return waited.value;
    if (held !== undefined) throw held;
    return await beginSwap(this.args);
  }

  /** @returns false where nothing was armed that fits */
  private async fire(
    armed: ArmedUpdate | undefined,
    start: SwapStart,
    executable: LoadedExecutable,
    superseded: AbortSignal,
  ): Promise<boolean> {
    if (armed === undefined) return false;
    if (!isSound(start, this.targets(start), this.replaced)) {
      await armed.disarm();
      return false;
    }
    const { progress, context, stack } = this.args;
    const onSuperseded = () => armed.supersede();
    superseded.addEventListener("abort", onSuperseded);
    try {
      return (await armed.fire(executable, context.signal, showFailures(progress))) !== undefined;
    } catch (error) {
      await this.startAgain(start);
      throw await withWayBack(error, stack.name, context, executable);
    } finally {
      superseded.removeEventListener("abort", onSuperseded);
    }
  }

  /** An update that failed before it replaced a container may have asked it to stop already: the stop may still be under way. */
  private async startAgain(start: SwapStart): Promise<void> {
    const targets = this.targets(start);
    const ids = start.state.resources.filter(({ urn }) => targets.includes(urn)).map(({ id }) => id);
    await Promise.all(ids.map((id) => this.startStopped(id)));
  }

  private async startStopped(id: string | undefined): Promise<void> {
    if (id === undefined) return;
    const { engine } = this.args;
    const strategy = {
      what: "the end of a container that was asked to stop",
      look: async (): Promise<Look<boolean>> => {
        const status = (await engine.inspect(id).catch(() => undefined))?.status;
        return status === "running" ? { seen: status } : { found: status === "exited" };
      },
    };
    const ended = await wait(strategy, { intervalMs: 50, timeoutMs: stopMs });
    if (ended.end === "found" && ended.value) await engine.start(id).catch(() => {});
  }

  private async cold(start: SwapStart, executable: LoadedExecutable, superseded: AbortSignal): Promise<SwapKind> {
    await swapDeclared(this.args, start, { executable: Promise.resolve(executable), superseded });
    return "cold";
  }
}
