import { UserError } from "../common/errors.ts";
import { portHolder, portIsFree } from "../common/ports.ts";
import type { ContainerSummary, Engine } from "../docker/engine.ts";
import { labels, type StackNames } from "../model/names.ts";
import { freePortBase } from "../model/port-base.ts";

/** What is asked of the engine. */
export type PreflightEngine = Pick<Engine, "host" | "containers" | "inspect" | "networks" | "volumes">;

export interface PreflightArgs {
  readonly names: StackNames;
  readonly ports: Readonly<Record<string, number>> & { readonly service: number };
  readonly owner: string;
}

/**
 * Looks for what would make an update fail half-way, or hurt somebody: resources of the same name that are not ours, and ports in use.
 * @returns the stack's own containers
 * @throws UserError naming every problem and what mends it
 */
export async function preflight(engine: PreflightEngine, args: PreflightArgs): Promise<ContainerSummary[]> {
  const [containers, networks, volumes] = await Promise.all([engine.containers({ all: true }), engine.networks({}), engine.volumes({})]);
  const ours = containers.filter((container) => isOwn(container.labels, args));
  const foreign = [
    ...foreignOnes("container", containers, Object.values(args.names.containers), args),
    ...foreignOnes("network", networks, [args.names.network], args),
    ...foreignOnes("volume", volumes, Object.values(args.names.volumes), args),
  ];
  if (foreign.length > 0) throw new UserError(foreign.join("\n"));
  const taken = await takenPorts(engine, containers, ours, args);
  if (taken.length > 0) throw new UserError(taken.join("\n"));
  return ours;
}

interface Named {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export function foreignOnes(kind: string, existing: readonly Named[], wanted: readonly string[], args: PreflightArgs): string[] {
  return existing
    .filter(({ name, labels: has }) => wanted.includes(name) && !isOwn(has, args))
    .map(({ name, labels: has }) => {
      const whose = whoseItIs(has, args);
      const remove = kind === "container" ? `docker rm -f ${name}` : `docker ${kind} rm ${name}`;
      return `${kind} ${name} exists already and ${whose}: it is left alone; use another stack name, or if nobody needs it: ${remove}`;
    });
}

function isOwn(has: Named["labels"], { owner, names }: PreflightArgs): boolean {
  return has[labels.owner] === owner && has[labels.stack] === names.stack;
}

function whoseItIs(has: Named["labels"], { owner }: PreflightArgs): string {
  const other = has[labels.owner];
  if (other === undefined) return "does not carry our label, somebody else made it";
  if (other !== owner) return `belongs to another owner (${other}; this backend is ${owner})`;
  return `belongs to stack "${has[labels.stack] ?? ""}"`;
}

/** A container that crashes over and over is listed without its ports, and holds them again a moment later. */
async function ownPorts(engine: PreflightEngine, ours: readonly ContainerSummary[]): Promise<number[]> {
  const held = await Promise.all(
    ours.map(async ({ id, state, ports }) => {
      if (state === "running") return ports;
      return state === "restarting" ? ((await engine.inspect(id))?.bindings ?? []) : [];
    }),
  );
  return held.flat().map(({ hostPort }) => hostPort);
}

export async function takenPorts(
  engine: PreflightEngine,
  all: readonly ContainerSummary[],
  ours: readonly ContainerSummary[],
  args: PreflightArgs,
): Promise<string[]> {
  const own = new Set(await ownPorts(engine, ours));
  const local = engine.host.startsWith("unix:");
  const problems: string[] = [];
  for (const [role, port] of Object.entries(args.ports)) {
    if (own.has(port)) continue;
    const container = all.find(({ state, ports }) => state === "running" && ports.some(({ hostPort }) => hostPort === port));
    if (container === undefined && (!local || (await portIsFree(port)))) continue;
    const holder =
      container === undefined ? ((await portHolder(port)) ?? "a process that this user may not see") : `container ${container.name}`;
    problems.push(`port ${port} on 127.0.0.1, needed by ${role}, is in use by ${holder}`);
  }
  if (problems.length === 0) return [];
  const base = await freePortBase(args.ports.service);
  const mend =
    base === undefined
      ? "free a port"
      : `stop it, or move this stack: pulumi config set --stack ${args.names.stack} --path nitro:ports.base ${base}`;
  return [...problems, `${mend} (after eval "$(./nitro env)")`];
}
