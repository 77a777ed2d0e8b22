import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Context } from "../common/context.ts";
import type { ContainerDetails, ContainerState, Engine, Health } from "../docker/engine.ts";
import { presentHealth } from "../docker/health.ts";
import { memoryInUse } from "../docker/memory.ts";
import { builtLabel } from "../executable/layer.ts";
import { readOverride } from "../executable/live-override.ts";
import type { RunningProgram } from "../executable/probe-script.ts";
import { readRunning } from "../executable/running.ts";
import { readSealing, type SealState } from "../executable/sealing.ts";
import { binPath } from "../executable/staging.ts";
import { containerName, labels, roles, stackNames } from "../model/names.ts";
import { containersOf, extrasOf, partsOf } from "../model/parts.ts";
import { ownerId } from "../toolchain/owner.ts";

/** One container of a stack, as it is right now. */
export interface PartStatus {
  /** Or the name of a part of a team's own. */
  readonly role: string;
  readonly container: string;
  readonly id: string;
  /** "missing" where there is no such container. */
  readonly state: ContainerState | "missing";
  /** Only of running ones. */
  readonly health?: Health;
  /** Only of stopped ones. */
  readonly exitCode?: number;
  /** Why it does not run, in the engine's words. */
  readonly problem?: string;
  readonly restarts: number;
  readonly image?: string;
  /** Of the service's and the worker's executable, as declared. */
  readonly sha256?: string;
  /** What the service and the worker really run, read back from the process. */
  readonly running?: RunningProgram;
  /** Hash of the executable that stands in for the declared one, also after restarts. */
  readonly live?: string;
  /** When the executable that runs was built, ISO 8601. */
  readonly builtAt?: string;
  readonly startedAt?: string;
  /** Ports on 127.0.0.1. */
  readonly ports: readonly number[];
  /** Bytes in use. */
  readonly memory?: number;
}

export interface StackStatus extends SealState {
  readonly stack: string;
  /** Everything runs and answers. */
  readonly healthy: boolean;
  readonly parts: readonly PartStatus[];
}

/**
 * Looks at every container of a stack, at the same time.
 * @param context env names the backend: containers of other owners are left out
 * @param memoryOf a container, in bytes
 */
export async function stackStatus(
  engine: Engine,
  stack: string,
  { env, root }: Pick<Context, "env" | "root">,
  memoryOf: MemoryOf = (container) => memoryInUse(engine, container),
): Promise<StackStatus> {
  const owner = ownerId(env);
  const names = stackNames(stack);
  const details = await Promise.all(
    roles.map(async (role) => {
      const found = await engine.inspect(names.containers[role]);
      return found?.labels[labels.owner] === owner && found.labels[labels.stack] === stack ? found : undefined;
    }),
  );
  const declared = details[roles.indexOf("service")];
  const own = partsOf(declared?.labels).map((role) =>
    partStatus(engine, role, names.containers[role], details[roles.indexOf(role)], memoryOf),
  );
  const parts = await Promise.all([...own, ...(await extraParts(engine, stack, owner, memoryOf))]);
  const program = parts.find(({ role }) => role === "service")?.running;
  const localstack = parts.find(({ role, state }) => role === "localstack" && state === "running");
  const sealing =
    declared === undefined
      ? { sealed: true, shares: 0 }
      : await readSealing(engine, { ...declared, program }, localstack?.ports[0], { root, stack });
  return { stack, healthy: parts.every(answersNow), ...sealing, parts };
}

/** A part of a team's own may have no health check: then it is enough that it runs. */
export function answersNow({ role, state, health }: PartStatus): boolean {
  return health === "healthy" || (health === undefined && state === "running" && !roles.some((own) => own === role));
}

type MemoryOf = (container: ContainerDetails) => Promise<number | undefined> | number | undefined;

async function extraParts(engine: Engine, stack: string, owner: string, memoryOf: MemoryOf): Promise<Promise<PartStatus>[]> {
  const containers = await engine.containers(containersOf({ stack, owner }));
  return extrasOf(containers).map(async (part) => {
    const name = containers.find(({ labels: has }) => has[labels.role] === part)?.name ?? containerName(stack, part);
    return await partStatus(engine, part, name, await engine.inspect(name), memoryOf);
  });
}

async function partStatus(
  engine: Engine,
  role: string,
  container: string,
  details: ContainerDetails | undefined,
  memoryOf: MemoryOf,
): Promise<PartStatus> {
  if (details === undefined) return { role, container, id: "", state: "missing", restarts: 0, ports: [] };
  const sha256 = details.labels[labels.executable];
  const [health, memory, image, executable] = await Promise.all([
    details.status === "running" ? presentHealth(engine, details) : undefined,
    memoryOf(details),
    tagOf(engine, details.image),
    sha256 === undefined ? undefined : executableStatus(engine, role, details, sha256),
  ]);
  return {
    role,
    container,
    id: details.id,
    state: details.status,
    health,
    ...(details.running ? {} : { exitCode: details.exitCode }),
    ...(details.running || details.error === "" ? {} : { problem: details.error }),
    restarts: details.restartCount,
    image,
    ...executable,
    ...(details.running ? { startedAt: details.startedAt } : {}),
    ports: [...new Set(details.ports.map(({ hostPort }) => hostPort))].sort((a, b) => a - b),
    memory,
  };
}

/** Containers are declared by their image's id: its tag says more. */
async function tagOf(engine: Engine, image: string): Promise<string> {
  const found = image.startsWith("sha256:") ? await engine.images.inspect(image) : undefined;
  return found?.tags[0] ?? image;
}

type ExecutableStatus = Pick<PartStatus, "sha256" | "running" | "live" | "builtAt">;

async function executableStatus(engine: Engine, role: string, details: ContainerDetails, sha256: string): Promise<ExecutableStatus> {
  const folder = details.mounts.find(({ target }) => target === binPath)?.source;
  const [running, override] = await Promise.all([
    // Images of other people need not allow to look.
    details.status === "running" ? readRunning(engine, details.name).catch(() => undefined) : undefined,
    folder === undefined || (role !== "service" && role !== "worker") ? undefined : readOverride(folder, role),
  ]);
  const builtAt = await buildTime(engine, details, folder, running?.sha256 ?? sha256);
  return {
    sha256,
    running,
    ...(override?.declared === sha256 ? { live: override.live } : {}),
    builtAt,
  };
}

/** The staged copy keeps the time of the build; an image says it by a label. */
async function buildTime(
  engine: Engine,
  details: ContainerDetails,
  folder: string | undefined,
  sha256: string,
): Promise<string | undefined> {
  // What a swarm has not started yet, or runs where its node cannot be asked, has no image that is known.
  if (details.imageId === "") return undefined;
  if (folder === undefined) return (await engine.images.inspect(details.imageId))?.labels[builtLabel];
  const file = await stat(join(folder, sha256, "payments")).catch(() => undefined);
  return file?.mtime.toISOString();
}
