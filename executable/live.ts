import { stat } from "node:fs/promises";
import { UserError } from "../common/errors.ts";
import { wait } from "../common/waiting.ts";
import type { ContainerDetails, Engine } from "../docker/engine.ts";
import { lastLines } from "../docker/last-lines.ts";
import { ended } from "../docker/waiting/ended.ts";
import { labels } from "../model/names.ts";
import { roleContainer } from "../model/parts.ts";
import { type LiveOverride, type LiveRole, liveRoles, readOverride, removeOverride, writeOverride } from "./live-override.ts";
import { notePastExecutable, readPastExecutables } from "./past-executables.ts";
import type { RunningProgram } from "./probe-script.ts";
import { type ArmedReplacement, armReplacement, type Replaced, type ReplacementFailure, replacementLimit } from "./replacement.ts";
import { binFolder, binPath, bringStagedToDisk, type LoadedExecutable, pruneStaged, stagedFile, stageExecutable } from "./staging.ts";

/** What of which stack is to run another executable. */
export interface LiveTarget {
  readonly engine: Engine;
  /** The project's folder. */
  readonly root: string;
  readonly stack: string;
  /** Of this backend: containers of others are left alone. */
  readonly owner: string;
  readonly roles: readonly LiveRole[];
}

/** What a role runs after a live swap, read back from the process. */
export interface LiveResult {
  readonly role: LiveRole;
  readonly container: string;
  readonly program: RunningProgram;
}

/** Containers in which a command waits for the next executable. Good for one swap. */
export interface ArmedSwap {
  /**
   * Stages the executable and replaces the programs in place. Resolves when all of them run it and answer.
   * @throws UserError that says what became of it and how to go on
   */
  swap(executable: LoadedExecutable): Promise<LiveResult[]>;
  /** False where a container is not any more the one that was armed, or was restarted. */
  isUsable(): Promise<boolean>;
  /** Gives up; nothing happens after `swap`. */
  disarm(): void;
}

/**
 * Live mode: another executable in the running containers. They keep their ids, and what is declared stays as it is. The override that
 * this writes makes restarts honour it.
 * @throws UserError that names `./nitro swap` where a container cannot do this
 */
export async function swapLive(target: LiveTarget, executable: LoadedExecutable): Promise<LiveResult[]> {
  return (await armLive(target)).swap(executable);
}

/**
 * Prepares a live swap: afterwards it takes no call of the engine any more until it is done. To be armed while a build still runs.
 * @throws UserError that names `./nitro swap` where a container cannot do this
 */
export async function armLive(target: LiveTarget): Promise<ArmedSwap> {
  const arming = await Promise.allSettled(target.roles.map((role) => arm(target, role)));
  const disarm = () => {
    for (const each of arming) if (each.status === "fulfilled") each.value.replacement?.disarm();
  };
  const armed = arming.map((each) => {
    if (each.status === "fulfilled") return each.value;
    disarm();
    throw each.reason;
  });
  return { swap: (executable) => swapArmed(target, armed, executable).finally(disarm), isUsable: () => fit(target, armed), disarm };
}

async function fit({ engine }: LiveTarget, armed: readonly ArmedRole[]): Promise<boolean> {
  const found = await Promise.all(armed.map(({ container }) => engine.inspect(container.name)));
  return armed.every(({ container, replacement }, index) => found[index]?.id === container.id && replacement?.over !== true);
}

interface ArmedRole {
  readonly role: LiveRole;
  readonly container: ContainerDetails;
  readonly declared: string;
  /** Undefined where the program crashes over and over: the container is restarted instead. */
  readonly replacement: ArmedReplacement | undefined;
}

async function arm({ engine, root, stack, owner, roles }: LiveTarget, role: LiveRole): Promise<ArmedRole> {
  const swap = `./nitro swap -s ${stack}${roles.length === 1 ? ` ${role}` : ""}`;
  const container = await roleContainer(engine, stack, role, owner);
  const declared = container.labels[labels.executable];
  const folder = container.mounts.find(({ target }) => target === binPath)?.source;
  // An engine in a virtual machine puts something before the path.
  if (declared === undefined || folder?.endsWith(binFolder(root, stack)) !== true) {
    throw new UserError(`${role} does not see the staged executables of this folder: a live swap is not possible`, swap);
  }
  if (container.status !== "running" && container.status !== "restarting") {
    throw new UserError(`${role} does not run (${container.status}): a live swap is not possible`, swap);
  }
  const running = container.status === "running";
  return { role, container, declared, replacement: running ? armReplacement(engine, container.name, healthCheck(container)) : undefined };
}

async function swapArmed(target: LiveTarget, armed: readonly ArmedRole[], executable: LoadedExecutable): Promise<LiveResult[]> {
  const { root, stack } = target;
  const { sha256 } = executable;
  const bin = await stageExecutable(root, stack, executable);
  const before = await Promise.all(armed.map(({ role }) => readOverride(bin, role)));
  await Promise.all(armed.map(({ role, declared }) => put(bin, role, { declared, live: sha256 })));
  // An update at the same time may have cleared it away before the overrides named it.
  if ((await stat(stagedFile(root, stack, sha256)).catch(() => undefined)) === undefined) await stageExecutable(root, stack, executable);
  const settled = await Promise.allSettled(
    armed.map(async (each, index) => {
      const replaced = await replace(target, each, sha256);
      const { role, container } = each;
      if (replaced.kind === "done" && replaced.program.sha256 === sha256)
        return { role, container: container.name, program: replaced.program };
      if (replaced.kind === "done")
        throw new UserError(`${role} runs ${replaced.program.sha256} and not ${sha256}`, `./nitro status -s ${stack}`);
      if (untouched.includes(replaced.kind)) await put(bin, role, before[index]);
      throw await failed(target, each, sha256, replaced.kind);
    }),
  );
  const results = settled.map((each) => {
    if (each.status === "rejected") throw each.reason;
    return each.value;
  });
  // What fails here is done by the next one: this swap did all that it should.
  await bringStagedToDisk(bin, sha256).catch(() => {});
  if (armed.length === liveRoles.length) await notePastExecutable(root, stack, sha256).catch(() => {});
  await clearAway(target).catch(() => {});
  return results;
}

/** A day of rebuilds is not to fill the disk. */
async function clearAway({ engine, root, stack }: LiveTarget): Promise<void> {
  const containers = await engine.containers({ labels: { [labels.stack]: stack }, all: true });
  const declared = containers.flatMap(({ labels: has }) => has[labels.executable] ?? []);
  await pruneStaged(root, stack, new Set([...declared, ...(await readPastExecutables(root, stack))]), keepStagedMs);
}

/** Longer than an update takes from staging an executable to the container that runs it. */
const keepStagedMs = 10 * 60_000;

/** The one before still runs, or nothing does: what the next start runs is as it was. */
const untouched: readonly ReplacementFailure[] = ["refused", "unsupervised", "absent"];

async function put(bin: string, role: LiveRole, override: LiveOverride | undefined): Promise<void> {
  if (override === undefined || override.live === override.declared) await removeOverride(bin, role);
  else await writeOverride(bin, role, override);
}

/**
 * What was armed is gone where the container was restarted meanwhile. One that crashes over and over may end under the next attempt too:
 * it is restarted, and then runs what the override names from its start: it is the new one that is lost then, also where it ended before
 * the engine began the command that looks at it.
 */
async function replace({ engine }: LiveTarget, { container, replacement }: ArmedRole, sha256: string): Promise<Replaced> {
  let last: Replaced = { kind: "absent" };
  if (replacement?.over === false) {
    last = await replacement.replaceBy(sha256);
    if (last.kind !== "lost" && last.kind !== "absent") return last;
  }
  for (const unsteady of [last.kind === "lost", true]) {
    const now = await engine.inspect(container.name);
    if (now?.id !== container.id || (now.status !== "running" && now.status !== "restarting")) return { kind: "absent" };
    // The engine waits longer after each crash: it need not.
    const restarts = unsteady || now.status === "restarting";
    if (restarts) await engine.restart(container.name, { graceSeconds: 0 });
    last = await armReplacement(engine, container.name, healthCheck(container)).replaceBy(sha256);
    if (restarts) return last.kind === "absent" && (await exists(engine, container)) ? { kind: "lost" } : last;
    if (last.kind !== "lost" && last.kind !== "absent") return last;
  }
  return last;
}

async function exists(engine: Engine, { name, id }: ContainerDetails): Promise<boolean> {
  return (await engine.inspect(name))?.id === id;
}

function healthCheck({ healthCheck }: ContainerDetails): readonly string[] {
  return healthCheck ?? ["true"];
}

const shortfalls: Record<ReplacementFailure, string> = {
  ended: "ended as soon as it ran",
  lost: "ended as soon as it ran",
  silent: `runs but did not answer within ${replacementLimit} s`,
  refused: `was not started within ${replacementLimit} s`,
  unsupervised: "was not started: the container runs an image without the supervisor that live swaps need",
  absent: "was not started: the container does not run any more",
};

/** A program's last words are in the log once its container has ended. */
const lastWords = { timeoutMs: 500, intervalMs: 50 };

async function failed(
  { engine, stack }: LiveTarget,
  { role, container }: ArmedRole,
  sha256: string,
  kind: ReplacementFailure,
): Promise<UserError> {
  const what = `${role}: ${sha256.slice(0, 12)} ${shortfalls[kind]}`;
  if (kind === "unsupervised" || kind === "absent") return new UserError(what, `./nitro swap -s ${stack}`);
  if (kind === "ended" || kind === "lost") await wait(ended(engine, container), lastWords);
  return new UserError(
    `${what}; ${await lastLines(engine, container.name)}`,
    `go back: ./nitro swap -s ${stack} --previous, or to what is declared: ./nitro up -s ${stack}`,
  );
}
