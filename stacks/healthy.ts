import { RunError } from "@pulumi/pulumi";
import type { HealthCheck } from "../components/context.ts";
import type { Engine } from "../docker/engine.ts";
import type { Role } from "../model/names.ts";

/** Who cannot start before a part answers: a failure names them. */
const waiting: Record<Role, readonly Role[]> = {
  service: [],
  worker: [],
  redis: ["key-feeder", "service", "worker"],
  localstack: ["key-feeder", "service", "worker"],
  ledger: ["service"],
  "key-feeder": ["service", "worker"],
};

/** These are asked in any case: they may have lost a part that this very update has replaced, which the engine notices seconds later. */
const last: readonly Role[] = ["service", "worker"];

export interface WaitOptions {
  readonly role: Role;
  readonly check: HealthCheck;
  readonly stack: string;
  /** Aborted: nobody needs the answer any more, and it is taken for given. */
  readonly superseded?: AbortSignal | undefined;
  /** Asks once, or for a while, in place of the check: true where the part answered. The check is run when it did not. */
  readonly ask?: () => Promise<boolean>;
  /** How long a part may take, in ms. */
  readonly timeoutMs?: number;
  /** Between two tries, in ms. */
  readonly intervalMs?: number;
  readonly now?: () => number;
  readonly sleep?: (ms: number) => Promise<void>;
}

type Inspector = Pick<Engine, "inspect" | "exec" | "logs">;

/**
 * Waits until a container answers its own health check. The check is run here, ten times a second, because the engine's first one comes
 * an interval late. Where the engine already calls a container healthy it is believed, but for those that nobody waits for.
 * @param container the container's name
 * @throws RunError as soon as the container exits or restarts, with its exit code and last log lines, or when the time is over
 */
export async function waitUntilHealthy(engine: Inspector, container: string, options: WaitOptions): Promise<void> {
  const { role, check, timeoutMs = 120_000, intervalMs = 100, now = Date.now } = options;
  const sleep = options.sleep ?? ((ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)));
  const began = now();
  let restarts: number | undefined;
  let answer = "";
  for (;;) {
    if (options.superseded?.aborted === true) return;
    const details = await engine.inspect(container);
    if (details === undefined) {
      throw new RunError(`${role}: container ${container} is not there; bring it back with: ./nitro up -s ${options.stack}`);
    }
    if (details.health === "healthy" && !last.includes(role)) return;
    restarts ??= details.restartCount;
    if (details.status !== "running" || details.restartCount > restarts) {
      throw await exited(engine, container, options, details);
    }
    if (await options.ask?.()) return;
    const result = await engine.exec(container, [...check.command]).catch((error: Error) => ({ exitCode: -1, output: error.message }));
    if (result.exitCode === 0 && options.ask === undefined) return;
    answer = result.output.trim();
    if (now() - began > timeoutMs) throw await timedOut(engine, container, options, answer, timeoutMs);
    await sleep(intervalMs);
  }
}

type Details = NonNullable<Awaited<ReturnType<Inspector["inspect"]>>>;

async function exited(engine: Inspector, container: string, options: WaitOptions, details: Details): Promise<RunError> {
  const memory = details.oomKilled ? " (it ran out of the memory its limit allows)" : "";
  return failure(engine, container, options, `${options.role} exited with code ${details.exitCode}${memory} before it answered`);
}

function timedOut(engine: Inspector, container: string, options: WaitOptions, last: string, timeoutMs: number): Promise<RunError> {
  const answer = last === "" ? "" : `, its health check says: ${last}`;
  return failure(engine, container, options, `${options.role} runs but did not answer within ${timeoutMs / 1000} s${answer}`);
}

async function failure(engine: Inspector, container: string, options: WaitOptions, what: string): Promise<RunError> {
  const lines: string[] = [];
  try {
    for await (const { line } of engine.logs(container, { tail: 15 })) lines.push(`  | ${line}`);
  } catch (error) {
    lines.push(`  | (its log cannot be read: ${error instanceof Error ? error.message : String(error)})`);
  }
  const waiters = waiting[options.role];
  const blocked = waiters.length === 0 ? "" : `\n${waiters.join(", ")} wait${waiters.length === 1 ? "s" : ""} for it.`;
  const log = lines.length === 0 ? "it wrote no log" : `its last log lines:\n${lines.join("\n")}`;
  return new RunError(`${what} (container ${container}); ${log}${blocked}\nmore: ./nitro logs ${options.role} -s ${options.stack}`);
}
