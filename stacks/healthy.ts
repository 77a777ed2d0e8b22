import { RunError } from "@pulumi/pulumi";
import { type Clock, type Strategy, wait } from "../common/waiting.ts";
import type { HealthCheck } from "../components/context.ts";
import type { Engine } from "../docker/engine.ts";
import { lastLines } from "../docker/last-lines.ts";
import { listenersOf } from "../docker/listening.ts";
import { answers } from "../docker/waiting/answers.ts";
import { ContainerExit, exitOf } from "../docker/waiting/exit.ts";
import { liveRoles } from "../executable/live-override.ts";
import type { Role } from "../model/names.ts";
import { listeningProblem } from "./listening-problem.ts";

/** Who cannot start before a part answers: a failure names them. */
const waiting: Readonly<Record<string, readonly Role[]>> = {
  service: [],
  worker: [],
  redis: ["key-feeder", "service", "worker"],
  localstack: ["key-feeder", "service", "worker"],
  ledger: ["service"],
  "key-feeder": ["service", "worker"],
};

/** A line that names who waits for a part, after a message about it; empty where nobody does. */
export function blockedBy(role: string): string {
  const waiters = waiting[role] ?? liveRoles;
  return waiters.length === 0 ? "" : `\n${waiters.join(", ")} wait${waiters.length === 1 ? "s" : ""} for it.`;
}

/** These are asked in any case: they may have lost a part that this very update has replaced, which the engine notices seconds later. */
const last: readonly string[] = ["service", "worker"];

export interface HealthWaitOptions {
  /** Or the name of a part of a team's own. */
  readonly role: string;
  readonly check: HealthCheck;
  readonly stack: string;
  /** Where it is asked from outside; for what runs a developer's program, which may listen elsewhere. */
  readonly port?: number | undefined;
  /** Aborted: nobody needs the answer any more, and it is taken for given. */
  readonly superseded?: AbortSignal | undefined;
  /** Parts that are asked in vain as well: they are told where the time is over, since nothing else would tell of them. */
  readonly others?: (() => readonly string[]) | undefined;
  /** Asks once, or for a while, in place of the check: true where the part answered. The check is run when it did not. */
  readonly ask?: () => Promise<boolean>;
  /** How long a part may take, in ms. */
  readonly timeoutMs?: number;
  /** Between two tries, in ms. */
  readonly intervalMs?: number;
  readonly clock?: Clock;
}

/**
 * Waits until a container answers its own health check, ten times a second. Where the engine already calls a container healthy it is
 * believed, but for those that nobody waits for.
 * @param container the container's name
 * @throws RunError as soon as the container exits or restarts, with its exit code and last log lines, or when the time is over
 */
export async function waitForHealth(
  engine: Pick<Engine, "inspect" | "exec" | "logs" | "pastEvents">,
  container: string,
  options: HealthWaitOptions,
): Promise<void> {
  const { role, check, superseded, ask, timeoutMs = 120_000, intervalMs = 100, clock } = options;
  const strategy = elsewhere(
    engine,
    container,
    options,
    answers(engine, container, { check: check.command, believed: !last.includes(role), ask }),
  );
  const waited = await wait(strategy, { timeoutMs, intervalMs, signal: superseded, clock }).catch(async (error) => {
    throw error instanceof ContainerExit ? await exited(engine, container, options, error) : error;
  });
  if (waited.end !== "late") return;
  const says = waited.seen === "" ? "" : `, its health check says: ${waited.seen}`;
  throw await failure(
    engine,
    container,
    options,
    `${role} runs but did not answer within ${timeoutMs / 1000} s${says}`,
    options.others?.(),
  );
}

/** How long a program may listen on other ports alone before that is told, in ms: it may open its own last. */
const elsewhereMs = 10_000;

/** Fails where the program listens, but not where it is asked: nothing else would be told before the whole time is over. */
function elsewhere(
  engine: Pick<Engine, "exec" | "logs">,
  container: string,
  options: HealthWaitOptions,
  strategy: Strategy<void>,
): Strategy<void> {
  const { port, role, ask } = options;
  if (port === undefined) return strategy;
  let since: number | undefined;
  return {
    what: strategy.what,
    async look(moment) {
      const look = await strategy.look(moment);
      // Whoever asks in place of the check has looked already.
      if ("found" in look && ask !== undefined) return look;
      const problem = listeningProblem(await listenersOf(engine, container), port);
      since = problem === undefined ? undefined : (since ?? moment.waited);
      if (problem === undefined || since === undefined) return look;
      if (!problem.certain && moment.waited - since < elsewhereMs) return look;
      throw await failure(engine, container, options, `${role} ${problem.text}`);
    },
  };
}

async function exited(
  engine: Pick<Engine, "logs">,
  container: string,
  options: HealthWaitOptions,
  { ending }: ContainerExit,
): Promise<RunError> {
  const { role, stack } = options;
  if (ending === undefined) return new RunError(`${role}: container ${container} is not there; bring it back with: ./nitro up -s ${stack}`);
  return failure(engine, container, options, `${role} ${exitOf(ending)} before it answered`);
}

async function failure(
  engine: Pick<Engine, "logs">,
  container: string,
  { role, stack }: HealthWaitOptions,
  what: string,
  others: readonly string[] = [],
): Promise<RunError> {
  const log = await lastLines(engine, container);
  const neither = others.length === 0 ? "" : `\nneither did ${others.join(", ")}`;
  const more = [role, ...others].map((part) => `./nitro logs ${part} -s ${stack}`).join("; ");
  return new RunError(`${what} (container ${container}); ${log}${blockedBy(role)}${neither}\nmore: ${more}`);
}
