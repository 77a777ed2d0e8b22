import { log, RunError } from "@pulumi/pulumi";
import { type WaitLimits, wait } from "../common/waiting.ts";
import type { HealthCheck } from "../components/context.ts";
import type { Engine } from "../docker/engine.ts";
import { type LiveRole, readOverride, removeOverride } from "../executable/live-override.ts";
import { armReplacement } from "../executable/replacement.ts";
import { readRunning } from "../executable/running.ts";
import { binPath } from "../executable/staging.ts";
import { labels } from "../model/names.ts";

export interface DeclaredProgram {
  readonly stack: string;
  readonly role: LiveRole;
  readonly container: string;
  /** The stack's folder of staged executables. */
  readonly bin: string;
  /** Of the executable that is declared. */
  readonly sha256: string;
  readonly check: HealthCheck;
  /** How long it may take until it runs; seconds by default. */
  readonly limits?: WaitLimits;
}

const patience: WaitLimits = { timeoutMs: 3_000, intervalMs: 100 };

/**
 * Sees to it that a container runs what is declared, by the hash of its process: one that was swapped live keeps its container where the same
 * executable is declared again. Containers that this update leaves as they are, with another executable, keep what they run.
 * @returns whether something else ran, or was to: what is known of the container's end so far is of that
 * @throws RunError where something else runs and cannot be replaced
 */
export async function runDeclared(engine: Pick<Engine, "inspect" | "exec" | "restart">, declared: DeclaredProgram): Promise<boolean> {
  const { role, container, sha256, stack } = declared;
  const details = await engine.inspect(container);
  const mounted = details?.mounts.some(({ target }) => target === binPath) === true;
  if (!mounted || details.labels[labels.executable] !== sha256) return false;
  const override = await readOverride(declared.bin, role);
  await removeOverride(declared.bin, role);
  const found = await readRunning(engine, container);
  if (found === undefined) return override !== undefined && (await startAsDeclared(engine, container));
  if (found.sha256 === sha256) return override !== undefined;
  await armReplacement(engine, container, declared.check.command).replaceBy(sha256);
  if (!(await runs(engine, declared))) {
    throw new RunError(
      `${role} runs ${short(found.sha256)} and not ${short(sha256)}, which is declared; replace its container: docker rm -f ${container} && ./nitro up -s ${stack}`,
    );
  }
  log.info(`${role}: ${short(found.sha256)} ran live, ${short(sha256)} runs again as declared`);
  return true;
}

/**
 * One that crashed again and again is started by the engine ever later: it is not waited for. One that was starting just now may have read what it
 * was to run before.
 */
async function startAsDeclared(engine: Pick<Engine, "inspect" | "restart">, container: string): Promise<true> {
  if ((await engine.inspect(container)) !== undefined) await engine.restart(container);
  return true;
}

/** A program that crashes in this very moment takes the container with it: started again, it runs what is declared. */
async function runs(engine: Pick<Engine, "exec">, { container, sha256, limits = patience }: DeclaredProgram): Promise<boolean> {
  const strategy = {
    what: `${short(sha256)} in container ${container}`,
    look: async () => {
      const found = (await readRunning(engine, container))?.sha256;
      return found === sha256 ? { found: true } : { seen: found ?? "nothing runs" };
    },
  };
  return (await wait(strategy, limits)).end === "found";
}

function short(sha256: string): string {
  return sha256.slice(0, 12);
}
