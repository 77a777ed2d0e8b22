import { ArmedUpdate } from "../../automation/armed-update.ts";
import { runtimeOf } from "../../automation/state.ts";
import { beginSwap, isSound, type SwapArgs, type SwapStart, startAgain, swapDeclared, withWayBack } from "../../automation/swap.ts";
import { showFailures, showUpdate } from "../../automation/update-progress.ts";
import { whenFree } from "../../automation/when-free.ts";
import { collectGarbage } from "../../common/garbage.ts";
import type { LoadedExecutable } from "../../executable/staging.ts";
import { labels, stackNames } from "../../model/names.ts";
import { containersOf } from "../../model/parts.ts";
import { swapTargets } from "../../model/urns.ts";
import type { KnownInputs } from "../../stacks/prepare.ts";
import { ownerId } from "../../toolchain/owner.ts";
import type { SwapKind, Swapper } from "./swapper.ts";

/** How long it counts what was seen when a swap was expected, in ms; who changes the stack meanwhile is noticed by the armed update. */
const freshMs = 250;

/** After an armed update that failed before it was fired: its reason may last. */
const retryMs = 10_000;

/** An update on its way to being armed. */
interface Arming {
  /** Nobody wants it any more, or somebody has fired it already. */
  end: "given up" | "taken" | undefined;
  update: ArmedUpdate | undefined;
  /** Its pulumi runs, or never will. */
  readonly begun: PromiseWithResolvers<void>;
}

/** For one who waits for a single swap: each step is told, and the update is fired as soon as its pulumi runs the program. */
export interface SingleSwap {
  /** What the program is to run by, which is found out while pulumi starts. */
  readonly found: Promise<KnownInputs>;
}

/**
 * Swaps by updates of the stack: what is declared is what runs. Each is armed beforehand, where the backend allows it. The stack's program sees to
 * the proof: an update has not succeeded before the processes run what is declared and answer (stacks/part-health.ts).
 */
export class DeclaredSwapper implements Swapper {
  private readonly args: SwapArgs;
  private readonly single: SingleSwap | undefined;
  /** Names of the containers that each swap replaces. */
  private readonly replaced: readonly string[];
  private armed: Promise<ArmedUpdate | undefined> | undefined;
  private arming: Arming | undefined;
  private usable = false;
  private notBefore = 0;
  private expected: { readonly at: number; readonly start: Promise<SwapStart | undefined> } | undefined;

  /** @param single not given for swaps one after the other */
  constructor(args: SwapArgs, single?: SingleSwap) {
    this.args = args;
    this.single = single;
    this.replaced = args.roles.map((role) => stackNames(args.stack.name).containers[role]);
  }

  private targets({ state }: SwapStart): string[] {
    return swapTargets(this.args.stack.name, this.args.roles, runtimeOf(state));
  }

  /** True while an update is armed. */
  get armedNow(): boolean {
    return this.usable;
  }

  /** Begins to arm. @returns as soon as pulumi runs, so that other work does not hold it up */
  async beginArming(): Promise<void> {
    this.arm().catch(() => {});
    await this.arming?.begun.promise;
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
    return (await this.swapArmed(start, executable, superseded)) ? "warm" : await this.cold(start, executable, superseded);
  }

  /**
   * Swaps by what is armed, or about to be.
   * @returns false where nothing was armed that fits, and nothing has happened
   * @throws UserError with the reason and the way back
   */
  async swapArmed(start: SwapStart, executable: LoadedExecutable, superseded?: AbortSignal): Promise<boolean> {
    // What is being armed may wait for the very part that is broken.
    if (!isSound(start, this.targets(start), this.replaced) || (await this.staysBroken(start, executable))) await this.close();
    const armed = await this.take();
    return armed !== undefined && (await this.fire(armed, executable, start, superseded));
  }

  /** True where a container that is to be mended runs this executable: an update that is armed replaces none whose executable stays. */
  private async staysBroken({ healing }: SwapStart, { sha256 }: LoadedExecutable): Promise<boolean> {
    if (healing.reasons.length === 0) return false;
    const { engine, stack, context } = this.args;
    const own = await engine.containers(containersOf({ stack: stack.name, owner: ownerId(context.env) }));
    return own.some(({ name, labels: has }) => healing.containers.includes(name) && has[labels.executable] === sha256);
  }

  /** What is being armed is given up at once: where a part does not answer it would take minutes. */
  async close(): Promise<void> {
    const { arming } = this;
    if (arming !== undefined) {
      arming.end ??= "given up";
      if (arming.end === "given up") await arming.update?.disarm();
    }
    await (await this.take())?.disarm();
  }

  /** One that is just being armed is waited for: it is faster all the same. A single one sees to that by itself. */
  private async take(): Promise<ArmedUpdate | undefined> {
    const { armed, arming } = this;
    this.armed = undefined;
    this.usable = false;
    if (this.single === undefined || arming === undefined) return await armed;
    if (arming.end !== undefined) return undefined;
    arming.end = "taken";
    await arming.begun.promise;
    await arming.update?.running;
    return arming.update;
  }

  private async prepare(): Promise<ArmedUpdate | undefined> {
    const { stack, context } = this.args;
    const arming: Arming = { end: undefined, update: undefined, begun: Promise.withResolvers() };
    this.arming = arming;
    try {
      arming.update = await ArmedUpdate.arm(stack.name, this.args.roles, context, this.single?.found);
      await arming.update?.started;
    } finally {
      arming.begun.resolve();
    }
    const { update } = arming;
    if (update === undefined) return undefined;
    // `close` may have come before there was anything to give up.
    if (arming.end === "given up") await update.disarm();
    const ready = await update.ready;
    if (arming.end === "taken") return undefined;
    if (ready && arming.end === undefined) {
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
    return await whenFree(() => beginSwap(this.args), { progress: this.args.progress, signal: superseded });
  }

  /** @returns false where it does not fit any more */
  private async fire(
    armed: ArmedUpdate,
    executable: LoadedExecutable,
    start: SwapStart,
    superseded: AbortSignal | undefined,
  ): Promise<boolean> {
    const { progress, context, stack } = this.args;
    const onSuperseded = () => armed.supersede();
    superseded?.addEventListener("abort", onSuperseded);
    const show = this.single !== undefined ? showUpdate : showFailures;
    try {
      return (await armed.fire(executable, context.signal, show(progress))) !== undefined;
    } catch (error) {
      await startAgain(this.args, start);
      throw await withWayBack(error, stack.name, context, executable);
    } finally {
      superseded?.removeEventListener("abort", onSuperseded);
    }
  }

  private async cold(start: SwapStart, executable: LoadedExecutable, superseded: AbortSignal): Promise<SwapKind> {
    await swapDeclared(this.args, start, { executable: Promise.resolve(executable), superseded });
    return "cold";
  }
}
