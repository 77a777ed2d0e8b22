import { copyFile, rename } from "node:fs/promises";
import { type Engine, EngineError } from "../../docker/engine.ts";
import type { Built } from "../build.ts";
import { firstAnswer, firstTrue } from "../clock.ts";
import type { SwapTimes } from "./contender.ts";
import { UsageMeter } from "./usage.ts";

const limitMs = 60_000;

/** A container that runs the executable, and what tells from inside that it answers. */
export interface Runner {
  readonly container: string;
  readonly healthCheck: readonly string[];
}

/** Where a contender's service and worker run. */
export interface SwapTarget {
  readonly engine: Engine;
  readonly url: string;
  readonly service: Runner;
  readonly worker: Runner;
}

/**
 * Puts an executable in place all at once, as a build does: written elsewhere on the same file system, then renamed.
 * @returns when it was renamed, in ms since 1970
 */
export async function replaceExecutable(built: Built, binary: string): Promise<number> {
  const copy = `${built.file}.copy`;
  await copyFile(built.file, copy);
  await rename(copy, binary);
  return Date.now();
}

/** A swap that is to be measured. */
export interface MeasuredSwap {
  readonly built: Built;
  /** The path that the executable is put at. */
  readonly binary: string;
  readonly target: SwapTarget;
  /** Processes that belong to the contender and are not below this one. */
  readonly roots?: readonly number[];
  /** What is done after the executable is in place; nothing where somebody else notices it. */
  work?(): Promise<unknown>;
}

export interface MeasuredTimes {
  readonly times: SwapTimes;
  /** When the executable was renamed, in ms since 1970. */
  readonly began: number;
}

/** Puts an executable in place, and waits until the work is done and both run it. */
export async function measureSwap({ built, binary, target, roots = [], work }: MeasuredSwap): Promise<MeasuredTimes> {
  const meter = new UsageMeter(roots);
  const began = await replaceExecutable(built, binary);
  const worked = work?.().then(() => Date.now());
  const [{ answered, proved }, done] = await Promise.all([watchSwap(target, built), worked]);
  return { began, times: { answered: answered - began, proved: proved - began, done: (done ?? proved) - began, usage: meter.stop() } };
}

/**
 * Waits for the end of a swap. It is the same for every contender, and is found out without asking any of them.
 * @returns when the new version answered, and when both were proved to run it; in ms since 1970
 */
export async function watchSwap(target: SwapTarget, built: Built): Promise<{ answered: number; proved: number }> {
  const { engine, url, service, worker } = target;
  const answered = await firstAnswer(url, built.version, limitMs);
  const proofs = [service, worker].map((runner) => firstTrue(() => runs(engine, runner, built.sha256), limitMs));
  return { answered, proved: Math.max(...(await Promise.all(proofs))) };
}

/**
 * Names the executable's processes by their files, whatever started them, then runs the health check. A process that has not become the
 * executable yet has another name.
 */
const script = `for process in /proc/[0-9]*; do
  read -r name < "$process/comm" || continue
  [ "$name" = payments ] && sha256sum "$process/exe"
done 2>/dev/null
"$@" >/dev/null 2>&1`;

/** True once a container runs an executable, by the hash of its one process of that name, and its health check passes. */
async function runs(engine: Engine, { container, healthCheck }: Runner, sha256: string): Promise<boolean> {
  try {
    const { exitCode, stdout } = await engine.exec(container, ["sh", "-c", script, "sh", ...healthCheck]);
    const hashes = stdout.split("\n").flatMap((line) => /^\\?([0-9a-f]{64}) /.exec(line)?.[1] ?? []);
    return exitCode === 0 && hashes.length === 1 && hashes[0] === sha256;
  } catch (error) {
    // The container is being replaced, or ended in this very moment.
    if (error instanceof EngineError && error.status !== undefined) return false;
    throw error;
  }
}
