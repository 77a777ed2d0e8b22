import { UserError } from "../common/errors.ts";
import { extraNameProblem } from "../model/extra-parts.ts";
import { labels } from "../model/names.ts";
import type { Declared } from "../policies/policy.ts";
import { numberValue, records, textValue } from "../policies/values.ts";
import { foreignOnes, type PreflightArgs, type PreflightEngine, takenPorts } from "./preflight.ts";

/** Resources of the engine that have a name and labels. */
const kinds: Readonly<Record<string, "container" | "network" | "volume">> = {
  "docker:index/container:Container": "container",
  "docker:index/network:Network": "network",
  "docker:index/volume:Volume": "volume",
};

interface Extra {
  readonly kind: "container" | "network" | "volume";
  /** As Pulumi knows it. */
  readonly resource: string;
  /** As the engine will know it. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly number[];
}

/**
 * Looks at what a team has declared beside our own parts: commands have to find it, nobody else may have it, and its ports have to be free.
 * @param engine undefined where nothing is made
 * @throws UserError with every problem and what mends it
 */
export async function preflightExtras(
  engine: PreflightEngine | undefined,
  args: PreflightArgs,
  resources: readonly Declared[],
): Promise<void> {
  const { names } = args;
  const ours = new Set([names.network, ...Object.values(names.containers), ...Object.values(names.volumes)]);
  const extras = resources.map(asExtra).filter((each) => each !== undefined && !ours.has(each.name)) as Extra[];
  const problems = extras.flatMap((extra) => labelProblems(extra, args));
  if (problems.length > 0) throw new UserError(problems.join("\n"));
  if (engine === undefined || extras.length === 0) return;
  const [containers, networks, volumes] = await Promise.all([engine.containers({ all: true }), engine.networks({}), engine.volumes({})]);
  const existing = { container: containers, network: networks, volume: volumes };
  const foreign = extras.flatMap(({ kind, name }) => foreignOnes(kind, existing[kind], [name], args));
  if (foreign.length > 0) throw new UserError(foreign.join("\n"));
  const own = containers.filter(({ labels: has }) => has[labels.owner] === args.owner && has[labels.stack] === names.stack);
  const ports = Object.fromEntries(extras.flatMap(({ resource, ports: wanted }) => wanted.map((port) => [resource, port] as const)));
  const taken = await takenPorts(engine, containers, own, { ...args, ports: { ...args.ports, ...ports } });
  if (taken.length > 0) throw new UserError(taken.join("\n"));
}

function asExtra({ type, name: resource, props }: Declared): Extra | undefined {
  const kind = kinds[type];
  if (kind === undefined) return undefined;
  const pairs = records(props, "labels").map((each) => [textValue(each, "label") ?? "", textValue(each, "value") ?? ""] as const);
  const ports = records(props, "ports").flatMap((port) => numberValue(port, "external") ?? []);
  return { kind, resource, name: textValue(props, "name") ?? "", labels: Object.fromEntries(pairs), ports };
}

/** Without its labels no command would find it, and `down` would leave behind what an interrupted update had made. */
function labelProblems({ kind, resource, labels: has }: Extra, { names, owner }: PreflightArgs): string[] {
  const part = has[labels.role];
  if (part === undefined || has[labels.stack] !== names.stack || has[labels.owner] !== owner)
    return [
      `${kind} ${resource} of the extras does not carry the stack's labels, so no command would find it: labels: context.labels("part")`,
    ];
  const problem = extraNameProblem(part);
  return problem === undefined ? [] : [`${kind} ${resource}: ${problem}`];
}
