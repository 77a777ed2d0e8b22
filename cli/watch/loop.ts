import { statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { InterruptedError } from "../../common/errors.ts";
import type { SealState } from "../../executable/sealing.ts";
import type { LoadedExecutable } from "../../executable/staging.ts";
import type { Build } from "./build.ts";
import { BuildWrites, type SourceChange } from "./build-writes.ts";
import { type WatchedChange, WatchedChanges } from "./changes.ts";
import type { WatchReport } from "./report.ts";
import type { Swapper } from "./swapper.ts";

/** What a watch works with. */
export interface WatchParts {
  /** Path of the executable. */
  readonly executable: string;
  /** Reads and checks it. @throws UserError where it is not complete, or cannot run */
  load(): Promise<LoadedExecutable>;
  /** Makes it from the sources; undefined where somebody else does. */
  readonly build: Build | undefined;
  readonly swapper: Swapper;
  /** The executable that service and worker both run, by the hash of their processes; undefined where they do not. */
  running(): Promise<string | undefined>;
  sealing(signal: AbortSignal): Promise<SealState>;
  engineAnswers(): Promise<boolean>;
  /** Called before each swap. */
  onSwap(): Promise<void>;
  /** Called whenever service and worker are known to run what was read. */
  onProof(): Promise<void>;
  readonly report: WatchReport;
}

/** How long an incomplete file may stay as it is before somebody is told, in ms: a build that writes it goes on within that time. */
const settleMs = 1000;

const nothing = Promise.resolve(undefined);

/** Between two looks whether the engine is back, in ms. */
const engineIntervalMs = 500;

/**
 * Takes one change after the other: builds, swaps, tells. A change that comes meanwhile ends what is under way, so that the last one wins.
 */
export class WatchLoop {
  private readonly parts: WatchParts;
  private readonly stop: AbortSignal;
  private readonly changes = new WatchedChanges();
  private readonly writes = new BuildWrites();
  private turn: AbortController | undefined;
  private phase: "building" | "loading" | "loaded" | "swapping" = "loaded";
  private loaded: LoadedExecutable | undefined;
  /** Whether it changed while it was read. */
  private missed = false;
  /** What is read while it is not yet sure that the change is over; nothing where it was not. */
  private ahead: Promise<LoadedExecutable | undefined> | undefined;
  private changedAt = Date.now();

  /** @param stop aborted: ends the watch, after the swap that is under way */
  constructor(parts: WatchParts, stop: AbortSignal) {
    this.parts = parts;
    this.stop = stop;
    stop.addEventListener("abort", () => this.turn?.abort());
  }

  /** True while nothing is under way. */
  get idle(): boolean {
    return this.turn === undefined;
  }

  /** A source changed. */
  noteSource(change: SourceChange): void {
    const meaning = this.writes.judge(change);
    if (meaning === "fresh") this.note("sources");
    else if (meaning === "late") this.changes.note("sources");
    else if (this.phase !== "building") this.tellWrites();
  }

  /** Something changed. */
  note(change: WatchedChange): void {
    if (change === "executable" && this.phase === "loading") {
      // Until it is read, whatever it is counts; where it cannot be read, this may have been its missing half.
      this.missed = true;
      return;
    }
    if (change === "executable" && (this.phase === "building" || this.isStill(this.loaded))) return;
    this.changedAt = Date.now();
    this.changes.note(change);
    this.turn?.abort();
    if (change !== "executable" || !this.idle) return;
    if (this.ahead !== undefined) {
      this.ahead = nothing;
      return;
    }
    this.ahead = this.parts.load().catch(() => undefined);
    this.parts.swapper.lookAhead?.();
  }

  /** Looks at what is there already, then at every change, until it is stopped. @param onReady called once, after the first look */
  async run(onReady: () => void): Promise<void> {
    this.changes.note(this.parts.build === undefined ? "executable" : "sources");
    for (let first = true; !this.stop.aborted; first = false) {
      const changed = await this.changes.next(this.stop);
      if (changed.size === 0) return;
      const turn = new AbortController();
      this.turn = turn;
      await this.take(changed, turn.signal, first);
      const swapped = this.phase === "swapping";
      this.turn = undefined;
      this.phase = "loaded";
      if (this.stop.aborted) return;
      await this.parts.swapper.arm().catch((error: unknown) => this.parts.report.failed("failed", error));
      if (swapped || first) this.parts.report.tell({ event: "armed" });
      if (first) onReady();
    }
  }

  private async take(changed: ReadonlySet<WatchedChange>, signal: AbortSignal, first: boolean): Promise<void> {
    const { build } = this.parts;
    const builtMs = changed.has("sources") && build !== undefined ? await this.build(build, signal) : undefined;
    if (builtMs === "failed" || signal.aborted) return;
    const began = builtMs === undefined ? this.changedAt : Date.now();
    for (;;) {
      try {
        return await this.swap(began, builtMs, signal, first);
      } catch (error) {
        if (error instanceof InterruptedError) throw error;
        if (signal.aborted) return this.parts.report.tell({ event: "superseded" });
        if (await this.parts.engineAnswers()) return this.parts.report.failed("failed", error);
      }
      if (!(await this.engineIsBack(signal))) return;
    }
  }

  /** @returns milliseconds */
  private async build(build: NonNullable<WatchParts["build"]>, signal: AbortSignal): Promise<number | "failed"> {
    this.phase = "building";
    this.parts.report.tell({ event: "building" });
    const began = Date.now();
    this.writes.begin(began);
    try {
      await build(signal, (text) => this.parts.report.tell({ event: "note", text }));
    } catch (error) {
      if (signal.aborted) return "failed";
      this.writes.end(Date.now());
      this.parts.report.failed("build-failed", error);
      return "failed";
    } finally {
      this.tellWrites();
    }
    this.writes.end(Date.now());
    // Its own output is looked at in any case.
    this.changes.forget("executable");
    return Date.now() - began;
  }

  /** Files that the build writes itself are told once. */
  private tellWrites(): void {
    for (const file of this.writes.takeFound()) {
      const text = `the build itself writes ${file}, one of its sources: what it writes there is no change from now on; --ignore '${file}' leaves it out altogether`;
      this.parts.report.tell({ event: "note", text });
    }
  }

  private async swap(began: number, builtMs: number | undefined, signal: AbortSignal, first: boolean): Promise<void> {
    const { swapper, report, running, sealing, onSwap, onProof } = this.parts;
    const before = this.loaded?.sha256;
    const executable = await this.load(signal);
    if (executable === undefined) return;
    const seen = before === executable.sha256 || first;
    const { sha256 } = executable;
    if (seen && (await running()) === sha256) {
      await onProof();
      if (!first || builtMs !== undefined) report.tell({ event: "unchanged", sha256, builtMs });
      return;
    }
    this.phase = "swapping";
    await onSwap();
    const kind = await swapper.swap(executable, signal);
    const swappedMs = Date.now() - began;
    if (signal.aborted) return report.tell({ event: "superseded" });
    await onProof();
    report.tell({ event: "swapped", sha256, kind, builtMs, swappedMs, ...(await sealing(signal)) });
  }

  /** @returns undefined where something changed meanwhile */
  private async load(signal: AbortSignal): Promise<LoadedExecutable | undefined> {
    for (let last = false; ; last = true) {
      this.phase = "loading";
      this.missed = false;
      try {
        this.loaded = (await this.takeAhead()) ?? (await this.parts.load());
        this.phase = "loaded";
        if (!this.isStill(this.loaded)) this.note("executable");
        return signal.aborted ? undefined : this.loaded;
      } catch (error) {
        this.phase = "loaded";
        if (this.missed) this.note("executable");
        if (last && !signal.aborted) throw error;
        await sleep(settleMs, undefined, { signal }).catch(() => {});
        if (signal.aborted) return undefined;
      }
    }
  }

  /** @returns false where something changed meanwhile */
  private async engineIsBack(signal: AbortSignal): Promise<boolean> {
    this.parts.report.tell({ event: "note", text: "the container engine does not answer: waiting for it" });
    while (!signal.aborted && !(await this.parts.engineAnswers())) {
      await sleep(engineIntervalMs, undefined, { signal }).catch(() => {});
    }
    return !signal.aborted;
  }

  private async takeAhead(): Promise<LoadedExecutable | undefined> {
    const ahead = await this.ahead;
    this.ahead = undefined;
    return this.isStill(ahead) ? ahead : undefined;
  }

  /** The system tells of a change again and late: what was read already is no change. */
  private isStill(loaded: LoadedExecutable | undefined): boolean {
    if (loaded === undefined) return false;
    const stats = statSync(this.parts.executable, { throwIfNoEntry: false });
    return stats !== undefined && stats.mtime.getTime() === loaded.builtAt.getTime() && stats.size === loaded.size;
  }
}
