import { UserError } from "../common/errors.ts";
import type { ContainerState, Engine, Health, NamedResource } from "../docker/engine.ts";
import { healthNow } from "../docker/health.ts";
import { useRole } from "../model/last-use.ts";
import { configOwner, labels, type StackNames } from "../model/names.ts";
import { type StackState, stateIds } from "./state.ts";

/** What the engine has under the stack's label. */
export interface Seen {
  readonly containers: readonly SeenContainer[];
  readonly networks: readonly NamedResource[];
  readonly volumes: readonly NamedResource[];
}

interface SeenContainer {
  readonly id: string;
  readonly name: string;
  readonly state: ContainerState;
  readonly health: Health | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Names of the networks it is in. */
  readonly networks: readonly string[];
}

/** What has to happen before an update so that it brings everything back. */
export interface Healing {
  /** What was found, one line each, for people. */
  readonly reasons: readonly string[];
  /** Names of containers to remove: they come back as declared. */
  readonly containers: readonly string[];
  /** Ids of networks to remove. */
  readonly networks: readonly string[];
  /** The state speaks of things that are gone: pulumi has to compare it with the engine. */
  readonly refresh: boolean;
  /** An interrupted update left unfinished operations in the state. */
  readonly pending: boolean;
}

/**
 * Decides how a stack whose parts were stopped, removed or left half-made comes back. Volumes are never removed: they hold data.
 * @param state undefined where the stack is new
 * @throws UserError for things that carry the stack's label but another owner's id: they are never touched
 */
export function decideHealing(names: StackNames, owner: string, seen: Seen, state: StackState | undefined): Healing {
  refuseForeign(names.stack, owner, seen);
  const known = state ?? { resources: [], pending: [] };
  const [knownContainers, knownNetworks, knownVolumes] = [
    stateIds(known, "container"),
    stateIds(known, "network"),
    stateIds(known, "volume"),
  ];

  const orphanNetworks = seen.networks.filter(({ id }) => !knownNetworks.includes(id));
  const lostNetwork = knownNetworks.some((id) => !seen.networks.some((network) => network.id === id));
  const networkGone = lostNetwork || orphanNetworks.length > 0;

  const gone = knownContainers.filter((id) => !seen.containers.some((container) => container.id === id));
  const lostVolumes = knownVolumes.filter((name) => !seen.volumes.some((volume) => volume.name === name));
  const broken = seen.containers.flatMap((container) => {
    const reason = brokenBecause(container, names, knownContainers.includes(container.id), networkGone);
    return reason === undefined ? [] : [{ container, reason: `container ${container.name} ${reason}` }];
  });
  // A part that starts over and over because another is missing would fail the update before that other one is back.
  const damaged = broken.length > 0 || gone.length > 0 || networkGone || lostVolumes.length > 0;
  const unsteady = seen.containers
    .filter((container) => damaged && container.health === "starting" && !broken.some((each) => each.container === container))
    .map((container) => ({ container, reason: `container ${container.name} does not answer yet` }));
  const doomed = [...broken, ...unsteady];
  const lostOfKnown = doomed.some(({ container }) => knownContainers.includes(container.id));

  const reasons =
    state === undefined && doomed.length + orphanNetworks.length > 0
      ? [`the state of stack "${names.stack}" is lost: what the engine still has of it is made anew, its volumes stay`]
      : [
          ...gone.map((id) => `container ${nameInState(known, id)} is gone`),
          ...(lostNetwork ? [`network ${names.network} is gone`] : []),
          ...orphanNetworks.map(({ name }) => `network ${name} is left over from an interrupted command`),
          ...lostVolumes.map((name) => `volume ${name} is gone`),
          ...doomed.map(({ reason }) => reason),
          ...(known.pending.length > 0 ? ["an interrupted command left unfinished operations"] : []),
        ];

  return {
    reasons,
    containers: doomed.map(({ container }) => container.name),
    networks: orphanNetworks.map(({ id }) => id),
    refresh: gone.length > 0 || lostNetwork || lostVolumes.length > 0 || lostOfKnown,
    pending: known.pending.length > 0,
  };
}

/** @returns why a container has to go, as the end of a sentence; undefined where it is sound */
function brokenBecause(container: SeenContainer, names: StackNames, known: boolean, networkGone: boolean): string | undefined {
  if (!known) return "is left over from an interrupted command";
  if (container.state !== "running") return `does not run (${container.state})`;
  if (container.health === "unhealthy") return "runs but does not answer (unhealthy)";
  return networkGone || !container.networks.includes(names.network) ? "is cut off from the stack's network" : undefined;
}

function refuseForeign(stack: string, owner: string, seen: Seen): void {
  // A note of use is all that plain pulumi leaves of a stack: it is in nobody's way.
  const volumes = seen.volumes.filter(({ labels: has }) => has[labels.role] !== useRole);
  const kinds = { container: seen.containers, network: seen.networks, volume: volumes };
  const foreign = Object.entries(kinds).flatMap(([kind, list]) =>
    list.filter((each) => each.labels[labels.owner] !== owner).map((each) => `${kind} ${each.name}`),
  );
  if (foreign.length === 0) return;
  throw new UserError(
    `stack "${stack}" exists on this container engine already and belongs to somebody else: ${foreign.join(", ")}; it is left alone`,
    "use another stack name: -s <name>",
  );
}

function nameInState({ resources }: StackState, id: string): string {
  const found = resources.find((resource) => resource.id === id);
  return found?.name ?? found?.urn.split("::").at(-1) ?? id.slice(0, 12);
}

/** Everything that carries a stack's label, with its health in the engine's words. */
export async function look(engine: Pick<Engine, "containers" | "networks" | "volumes">, stack: string): Promise<Seen> {
  const filter = { labels: { [labels.stack]: stack } };
  const [containers, networks, volumes] = await Promise.all([
    engine.containers({ ...filter, all: true }),
    engine.networks(filter),
    engine.volumes(filter),
  ]);
  return { containers, networks, volumes };
}

/**
 * The same with the health of now: a part may answer again although the engine has not noticed yet; after a start it calls it "starting" for as
 * long as its next look takes. To be asked only where the engine's words tell of damage: it costs a process in each such container.
 */
export async function asOfNow(engine: Pick<Engine, "inspect" | "exec">, seen: Seen): Promise<Seen> {
  const containers = seen.containers.map(async (container) => ({ ...container, health: await healthNow(engine, container) }));
  return { ...seen, containers: await Promise.all(containers) };
}

/** Removes what a decision says is to go. */
export async function clearAway(engine: Engine, healing: Pick<Healing, "containers" | "networks">): Promise<void> {
  await Promise.all(healing.containers.map((name) => engine.removeContainer(name, { force: true })));
  // What has no label goes with its service: what comes back has the same names.
  if (healing.containers.length > 0) await engine.removeConfigs((name) => healing.containers.includes(configOwner(name) ?? ""));
  for (const id of healing.networks) await engine.removeNetwork(id);
}
