import { RunError } from "@pulumi/pulumi";
import { type Look, wait } from "../common/waiting.ts";
import type { StackContext } from "../components/context.ts";
import { lastLines } from "../docker/last-lines.ts";
import { loopRestarts } from "../docker/waiting/exit.ts";
import { type LiveRole, liveRoles } from "../executable/live-override.ts";
import { notePastExecutable } from "../executable/past-executables.ts";
import { containerName, roles } from "../model/names.ts";
import { blockedBy } from "./healthy.ts";
import { type PartHealthArgs, whenStarted } from "./part-health.ts";

/** A node may have to fetch an image first. */
const limits = { timeoutMs: 180_000, intervalMs: 100 };

/**
 * How the components of a stack wait for what a swarm runs: until the task of what is declared now has answered its health check, on whichever
 * node. The swarm looks by itself, and no name leads to a task before.
 * @param unpublished rejects where an image of a part does not get to the nodes
 */
export function swarmHealth(args: PartHealthArgs, unpublished: Promise<never>): StackContext["healthy"] {
  const answered = new Set<LiveRole>();
  const failed = Promise.withResolvers<never>();
  // Whoever waits has it too.
  failed.promise.catch(() => {});
  return async (role, id) => {
    if (args.targeted === true && !roles.some((own) => own === role)) return;
    // Nothing of what waits for a part that failed is ever made.
    await Promise.race([whenStarted(id), failed.promise, unpublished]);
    await taskAnswers(args, role).catch((error: unknown) => {
      failed.reject(error);
      throw error;
    });
    const live = liveRoles.find((each) => each === role);
    if (live === undefined) return;
    answered.add(live);
    if (answered.size < liveRoles.length || args.superseded?.aborted === true) return;
    await notePastExecutable(args.root, args.names.stack, (await args.executable).sha256);
  };
}

async function taskAnswers({ engine, names, superseded }: PartHealthArgs, role: string): Promise<void> {
  const container = containerName(names.stack, role);
  const strategy = {
    what: `an answer of service ${container}`,
    async look(): Promise<Look<void>> {
      const details = await engine.inspect(container);
      if (details === undefined)
        throw new RunError(`${role}: service ${container} is not there; bring it back with: ./nitro up -s ${names.stack}`);
      if (details.running && (details.health ?? "healthy") === "healthy") return { found: undefined };
      if (details.restartCount >= loopRestarts)
        throw await failure(`${role} failed ${details.restartCount} times${because(details.error)}`);
      return { seen: `${details.status}${because(details.error)}` };
    },
  };
  const failure = async (what: string) => {
    const log = await lastLines(engine, container).catch(() => "its node gives no log");
    return new RunError(`${what} (service ${container}); ${log}${blockedBy(role)}\nmore: ./nitro logs ${role} -s ${names.stack}`);
  };
  const waited = await wait(strategy, { ...limits, signal: superseded });
  if (waited.end === "late") throw await failure(`${role} did not answer within ${limits.timeoutMs / 1000} s (${waited.seen})`);
}

function because(error: string): string {
  return error === "" ? "" : `: ${error}`;
}
