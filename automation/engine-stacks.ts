import type { ContainerSummary, Engine, NamedResource } from "../docker/engine.ts";
import { healthNow } from "../docker/health.ts";
import { memoryInUse } from "../docker/memory.ts";
import { lastNoted } from "../model/last-use.ts";
import { labels } from "../model/names.ts";
import { extrasOf, partsOf } from "../model/parts.ts";

/** Everything that an engine has of one stack, whoever's it is. */
export interface EngineStack {
  readonly name: string;
  /** As toolchain/owner.ts tells it. */
  readonly ownerId: string;
  readonly containers: readonly ContainerSummary[];
  readonly networks: readonly NamedResource[];
  readonly volumes: readonly NamedResource[];
}

/** What of a stack people want to know in a list. Times are ISO 8601, memory is bytes. */
export interface StackSummary {
  readonly name: string;
  readonly ownerId: string;
  /** Who brought it up, such as "ann@laptop"; undefined where no command of this version has used it. */
  readonly owner?: string;
  readonly running: number;
  readonly healthy: number;
  /** How many containers it has where it is whole. */
  readonly parts: number;
  /** When the oldest of its things was made. */
  readonly created?: string;
  /** The last command that used it, or that made containers. */
  readonly lastUse?: string;
  /** Who that was, where it is known. */
  readonly lastUser?: string;
}

/** @param engine asked for everything that carries our labels @param ownerId of one backend; undefined for all */
export async function engineStacks(engine: Engine, ownerId?: string): Promise<EngineStack[]> {
  const has = { [labels.stack]: "", ...(ownerId === undefined ? {} : { [labels.owner]: ownerId }) };
  const [containers, networks, volumes] = await Promise.all([
    engine.containers({ labels: has, all: true }),
    engine.networks({ labels: has }),
    engine.volumes({ labels: has }),
  ]);
  return groupStacks({ containers, networks, volumes });
}

/** By stack and owner, sorted. Two backends may have stacks of one name, one of which is left over. */
export function groupStacks(all: Pick<EngineStack, "containers" | "networks" | "volumes">): EngineStack[] {
  const keys = [...all.containers, ...all.networks, ...all.volumes].flatMap(({ labels: has }) => {
    const { [labels.stack]: name, [labels.owner]: ownerId } = has;
    return name === undefined || ownerId === undefined ? [] : [JSON.stringify([name, ownerId])];
  });
  return [...new Set(keys)].sort().map((key) => {
    const [name, ownerId] = JSON.parse(key) as [string, string];
    const own = <T extends { readonly labels: Readonly<Record<string, string>> }>(list: readonly T[]) =>
      list.filter(({ labels: has }) => has[labels.stack] === name && has[labels.owner] === ownerId);
    return { name, ownerId, containers: own(all.containers), networks: own(all.networks), volumes: own(all.volumes) };
  });
}

/** Pure. */
export function summarize({ name, ownerId, containers, networks, volumes }: EngineStack): StackSummary {
  const noted = lastNoted(volumes);
  const made = [...containers, ...networks, ...volumes.filter(({ labels: has }) => has[labels.usedAt] === undefined)];
  const lastMade = latest(containers.map(({ created }) => created));
  const lastUse = latest([noted?.at, lastMade]);
  const service = containers.find(({ labels: has }) => has[labels.role] === "service");
  return {
    name,
    ownerId,
    owner: noted?.owner,
    running: containers.filter(({ state }) => state === "running").length,
    healthy: containers.filter(({ health }) => health === "healthy").length,
    parts: partsOf(service?.labels).length + extrasOf(containers).length,
    created: iso(
      made.map(({ created }) => Date.parse(created)).filter((time) => !Number.isNaN(time)),
      Math.min,
    ),
    lastUse,
    ...(noted !== undefined && lastUse === noted.at ? { lastUser: noted.user } : {}),
  };
}

/** @returns ISO 8601, of those that are times */
function latest(times: readonly (string | undefined)[]): string | undefined {
  return iso(
    times.map((time) => Date.parse(time ?? "")).filter((time) => !Number.isNaN(time)),
    Math.max,
  );
}

function iso(times: readonly number[], choose: (...times: number[]) => number): string | undefined {
  return times.length === 0 ? undefined : new Date(choose(...times)).toISOString();
}

/** The engine looks only now and then: what it does not call healthy yet is asked, as `status` does. */
export async function asItIs(engine: Engine, stack: EngineStack): Promise<EngineStack> {
  const containers = await Promise.all(stack.containers.map(async (each) => ({ ...each, health: await healthNow(engine, each) })));
  return { ...stack, containers };
}

/** What a stack's containers have in memory, in bytes. */
export async function memoryOf(engine: Engine, { containers }: Pick<EngineStack, "containers">): Promise<number> {
  const running = containers.filter(({ state }) => state === "running");
  const sizes = await Promise.all(
    running.map(async ({ id }) => {
      const details = await engine.inspect(id);
      return (details && (await memoryInUse(engine, details))) ?? 0;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
