import { type Output, RunError } from "@pulumi/pulumi";
import { errorMessage } from "../common/errors.ts";
import { wait } from "../common/waiting.ts";
import type { HealthCheck, StackContext } from "../components/context.ts";
import type { Engine } from "../docker/engine.ts";
import { started } from "../docker/waiting/started.ts";
import { type LiveRole, liveRoles, removeOverride } from "../executable/live-override.ts";
import { notePastExecutable } from "../executable/past-executables.ts";
import { type AnsweringProgram, awaitAnswer } from "../executable/running.ts";
import { bringStagedToDisk, type StagedExecutable } from "../executable/staging.ts";
import { containerName, innerPorts, roles, type StackNames } from "../model/names.ts";
import { CrashWatch } from "./crash-watch.ts";
import { runDeclared } from "./declared.ts";
import { waitForHealth } from "./healthy.ts";
import { listeningProblem } from "./listening-problem.ts";

export interface PartHealthArgs {
  readonly engine: Engine;
  /** The project's folder. */
  readonly root: string;
  readonly names: StackNames;
  /** What service and worker are to run. */
  readonly executable: Promise<StagedExecutable>;
  /** Ids of the containers that were there before. */
  readonly before: ReadonlySet<string>;
  /** Aborted: nobody needs the answers any more. */
  readonly superseded: AbortSignal | undefined;
  /** True where parts of a team's own are left as they are. */
  readonly targeted?: boolean | undefined;
  /** True where nothing but service and worker is under way: then they are asked as soon as they run, before Pulumi knows of them. */
  readonly early: boolean;
  /** How long a part may take to answer, in ms. */
  readonly timeoutMs?: number | undefined;
}

/** Parts whose questions began within this time have all waited in vain where one of them has, in ms. */
const togetherMs = 30_000;

interface Asking extends PartHealthArgs {
  /** Parts that have not answered either, and were asked about as long as this one. */
  others(role: string): readonly string[];
}

/** @returns how the components of a stack wait for their containers' answers */
export function partHealth(given: PartHealthArgs): StackContext["healthy"] {
  /** Since when each part is asked that has not answered yet, in ms. */
  const asked = new Map<string, number>();
  const others = (role: string) => {
    const since = asked.get(role) ?? 0;
    return [...asked].filter(([other, began]) => other !== role && began - since < togetherMs).map(([other]) => other);
  };
  const args: Asking = { ...given, others };
  const answered = new Set<LiveRole>();
  // While containers are replaced: a disk takes its time for a large one.
  const onDisk = args.executable.then(({ folder, sha256 }) => (folder === undefined ? undefined : bringStagedToDisk(folder, sha256)));
  onDisk.catch(() => {});
  const crashes = new CrashWatch(args);
  const failed = Promise.withResolvers<never>();
  // Whoever waits has it too.
  failed.promise.catch(() => {});
  return async (role, id, check) => {
    // Pulumi touches nothing of a team's own then, and those that are new have no container.
    if (args.targeted === true && !roles.some((own) => own === role)) return;
    await crashes.during(answersAt(role, id, check)).catch((error: unknown) => {
      failed.reject(error);
      throw error;
    });
  };

  async function answersAt(role: string, id: Output<string>, check: HealthCheck): Promise<void> {
    const known = whenStarted(id);
    const seen = Promise.withResolvers<void>();
    // Pulumi's provider has no input for it; the part's answer takes longer.
    const limited = Promise.race([seen.promise, known]).then(() => args.engine.limitProcesses(containerName(args.names.stack, role)));
    limited.catch(() => {});
    const early = args.early && (role === "service" || role === "worker") ? earlyAnswer(args, role, known, check, seen.resolve) : undefined;
    // What depends on a part that failed is never made: Pulumi leaves its id open for ever, and would wait for whoever waits for that.
    const container = await Promise.race([known, failed.promise]);
    crashes.settled(role);
    asked.set(role, performance.now());
    if (role === "service" || role === "worker") await runsAndAnswers(args, role, container, check, early);
    else await answers(args, role, check);
    asked.delete(role);
    if (args.superseded?.aborted !== true) await limited;
    if (role !== "service" && role !== "worker") return;
    answered.add(role);
    if (answered.size < liveRoles.length || args.superseded?.aborted === true) return;
    await onDisk.catch((error: unknown) => {
      throw new RunError(`the executable of service and worker could not be brought to disk: ${errorMessage(error)}`);
    });
    await notePastExecutable(args.root, args.names.stack, (await args.executable).sha256);
  }
}

function answers(args: Asking, role: string, check: HealthCheck, ask?: () => Promise<boolean>): Promise<void> {
  const { engine, names, superseded, timeoutMs } = args;
  const others = () => args.others(role);
  const given = { ...(ask && { ask }), ...(timeoutMs !== undefined && { timeoutMs }) };
  const options = { role, check, stack: names.stack, port: portOf(role), superseded, others, ...given };
  return waitForHealth(engine, containerName(names.stack, role), options);
}

/** Where a developer's program is asked from outside its container. */
function portOf(role: string): number | undefined {
  return role === "service" ? innerPorts.service : undefined;
}

type Answer = Promise<AnsweringProgram | undefined>;

async function runsAndAnswers(args: Asking, role: LiveRole, id: string, check: HealthCheck, early?: Answer): Promise<void> {
  const { sha256, folder: bin, image } = await args.executable;
  // Images of other people need not allow to look.
  if (image?.entrypoint !== undefined) return await answers(args, role, check);
  if (!args.before.has(id)) {
    // What stood in for the executable before stands in for none any more.
    if (bin !== undefined) await removeOverride(bin, role);
    return await answersFreshly(args, role, check, sha256, early);
  }
  if (bin === undefined) return await answers(args, role, check);
  const { names, engine } = args;
  const replacing = runDeclared(engine, { stack: names.stack, role, container: containerName(names.stack, role), bin, sha256, check });
  // One that was to be replaced may have crashed meanwhile.
  const [replaced] = await Promise.all([
    replacing,
    answers(args, role, check).catch(async (error) => ((await replacing) ? answers(args, role, check) : Promise.reject(error))),
  ]);
  if (replaced) await answers(args, role, check);
}

/** Nothing ran before in a container that this update has made: one call of exec waits for the answer and reads back who gave it. */
async function answersFreshly(args: Asking, role: LiveRole, check: HealthCheck, sha256: string, early?: Answer): Promise<void> {
  const { engine, names, superseded } = args;
  const container = containerName(names.stack, role);
  let program = await early;
  const ask = async () => {
    program = await awaitAnswer(engine, container, check.command, superseded);
    return program !== undefined;
  };
  if (program === undefined) await answers(args, role, check, ask);
  if (program === undefined) return;
  const problem = role === "service" ? listeningProblem(program.listeners, innerPorts.service) : undefined;
  if (problem?.certain === true) throw new RunError(`service ${problem.text} (container ${container})`);
  if (program.sha256 === sha256) return;
  throw new RunError(
    `${role} runs ${program.sha256.slice(0, 12)} and not ${sha256.slice(0, 12)}, which is declared (container ${container})`,
  );
}

const earlyLimits = { timeoutMs: 10_000, intervalMs: 40 };

/**
 * @param seen called as soon as the new container runs
 * @returns the program of the new container that answered; undefined where none came soon, or it did not answer
 */
async function earlyAnswer(args: PartHealthArgs, role: LiveRole, known: Promise<string>, check: HealthCheck, seen: () => void): Answer {
  const { engine, names, before, superseded } = args;
  const container = containerName(names.stack, role);
  if ((await args.executable).image?.entrypoint !== undefined) return undefined;
  const unchanged = new AbortController();
  void known.then((id) => {
    if (before.has(id)) unchanged.abort();
  });
  const signal = superseded === undefined ? unchanged.signal : AbortSignal.any([superseded, unchanged.signal]);
  const { end } = await wait(started(engine, container, before), { ...earlyLimits, signal });
  if (end !== "found") return undefined;
  seen();
  return await awaitAnswer(engine, container, check.command, superseded);
}

/** A container's id is known once it has been started. */
export function whenStarted(id: Output<string>): Promise<string> {
  return new Promise((resolve) => id.apply(resolve));
}
