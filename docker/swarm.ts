import type { RawDetails } from "./answers.ts";
import { containerDetails } from "./answers.ts";
import type { ContainerDetails, ContainerState, ContainerSummary, Health, PublishedPort } from "./types.ts";

// What a swarm's manager answers about services, tasks and nodes (Docker Engine API 1.41), and what becomes of it. All pure.

export interface RawService {
  ID: string;
  Version: { Index: number };
  CreatedAt: string;
  Spec: { Name: string; Labels: Record<string, string> | null; TaskTemplate: RawTaskSpec; Mode?: { Replicated?: { Replicas?: number } } };
}

export interface RawTaskSpec {
  Placement?: { Constraints?: string[] | null };
  ContainerSpec: { Image: string; Labels?: Record<string, string> | null; Healthcheck?: { Test?: string[] | null }; Mounts?: unknown };
  ForceUpdate?: number;
}

export interface RawTask {
  ID: string;
  CreatedAt: string;
  Spec: RawTaskSpec;
  ServiceID: string;
  NodeID?: string;
  DesiredState: string;
  Status: {
    Timestamp: string;
    State: string;
    Err?: string;
    ContainerStatus?: { ContainerID?: string; ExitCode?: number };
  };
  NetworksAttachments?: { Network: { Spec: { Name: string } }; Addresses?: string[] | null }[] | null;
}

export interface RawSwarmInfo {
  Swarm?: { NodeID: string; NodeAddr: string; ControlAvailable: boolean };
}

export interface RawNode {
  ID: string;
  Spec: { Labels: Record<string, string> | null };
  Description: { Hostname: string };
  Status: { State: string };
}

/** A node of a swarm that keeps what a stack has on disk. */
export interface DataNode {
  readonly id: string;
  /** Its machine's name. */
  readonly name: string;
  /** True where the swarm does not hear from it any more. */
  readonly lost: boolean;
}

/** The constraint that keeps a service on a node. */
export function onNode(id: string): string {
  return `node.id==${id}`;
}

/** @returns the id of the node that services are kept on; undefined where they run on any */
export function nodeKeptTo(parts: readonly SwarmPart[]): string | undefined {
  const constraints = parts.flatMap(({ service }) => service.Spec.TaskTemplate.Placement?.Constraints ?? []);
  const prefix = onNode("");
  return constraints.find((constraint) => constraint.startsWith(prefix))?.slice(prefix.length);
}

/** A manager's own place in its swarm. */
export interface SwarmNode {
  readonly id: string;
  /** Where other nodes reach it. */
  readonly address: string;
}

/** The label of a node that says where its engine answers, as DOCKER_HOST names it. */
export const engineLabel = "nitro.engine";

/**
 * The label of a service that says where the tunnel opens its port: `<port on 127.0.0.1>:<its own port>`. A swarm would publish it on every
 * address of a node.
 */
export const portLabel = "nitro.port";

/** A part of a stack that a swarm runs: a service, and the task that runs what it declares now. */
export interface SwarmPart {
  readonly service: RawService;
  /** Undefined where the manager has not made one yet. */
  readonly task: RawTask | undefined;
  /** How many tasks of the same declaration have ended by themselves. */
  readonly failures: number;
}

/** @param tasks of all services */
export function swarmPart(service: RawService, tasks: readonly RawTask[]): SwarmPart {
  const wanted = declaration(service.Spec.TaskTemplate);
  const own = tasks
    .filter((task) => task.ServiceID === service.ID && declaration(task.Spec) === wanted)
    .sort((a, b) => b.CreatedAt.localeCompare(a.CreatedAt));
  const ended = own.filter(({ Status }) => ["failed", "rejected", "complete"].includes(Status.State));
  const live = own.find(({ DesiredState }) => DesiredState === "running" || DesiredState === "ready");
  return { service, task: live ?? own[0], failures: ended.length };
}

/** Tasks of an older declaration go on for a moment beside the newer one's. */
function declaration({ ContainerSpec, ForceUpdate = 0 }: RawTaskSpec): string {
  return JSON.stringify([ContainerSpec, ForceUpdate]);
}

/** Among parts, by the name or the id of the service, the name that its container has, or the container's id. */
export function findPart(parts: readonly SwarmPart[], name: string): SwarmPart | undefined {
  return parts.find(({ service, task }) => {
    const container = task?.Status.ContainerStatus?.ContainerID;
    return service.Spec.Name === name || service.ID === name || (container !== undefined && container === name);
  });
}

const over = ["complete", "failed", "rejected", "shutdown", "orphaned", "remove"];

/** Whether a task runs, or is on its way to. */
export function isLive({ Status }: RawTask): boolean {
  return !over.includes(Status.State);
}

/** In the words of a container: what is on its way is created, and so is what finds no node; what was stopped has exited. */
function stateOf({ service, task }: SwarmPart): ContainerState {
  if (service.Spec.Mode?.Replicated?.Replicas === 0) return "exited";
  const state = task?.Status.State ?? "new";
  if (state === "running" || state === "starting") return "running";
  return over.includes(state) ? "exited" : "created";
}

/** A task with a health check runs once it has answered. */
function healthOf(task: RawTask | undefined): Health | undefined {
  if (task?.Spec.ContainerSpec.Healthcheck?.Test == null) return undefined;
  return task.Status.State === "running" ? "healthy" : "starting";
}

function portsOf(labels: Readonly<Record<string, string>>): PublishedPort[] {
  const [, port, inner] = /^(\d+):(\d+)$/.exec(labels[portLabel] ?? "") ?? [];
  if (port === undefined) return [];
  return [{ hostIp: "127.0.0.1", hostPort: Number(port), containerPort: Number(inner), protocol: "tcp" }];
}

/** A part as a list of containers has it. Its id is the service's, which stays when another task takes over. */
export function partSummary(part: SwarmPart): ContainerSummary {
  const { service, task } = part;
  const spec = service.Spec.TaskTemplate.ContainerSpec;
  const health = healthOf(task);
  return {
    id: service.ID,
    name: service.Spec.Name,
    image: spec.Image,
    imageId: "",
    command: "",
    state: stateOf(part),
    status: task?.Status.State ?? "new",
    health,
    labels: { ...spec.Labels, ...service.Spec.Labels },
    created: new Date(service.CreatedAt).toISOString(),
    ports: portsOf(service.Spec.Labels ?? {}),
    networks: (task?.NetworksAttachments ?? []).map(({ Network }) => Network.Spec.Name),
  };
}

/**
 * A part as one looks into it.
 * @param container its container, where that can be asked; else the manager's words are all there is
 */
export function partDetails(part: SwarmPart, container: RawDetails | undefined): ContainerDetails {
  const { service, task, failures } = part;
  const { labels, ports, ...summary } = partSummary(part);
  const identity = { id: service.ID, name: service.Spec.Name, restartCount: failures, ports, bindings: ports };
  if (container !== undefined) return { ...containerDetails(container), ...identity, labels };
  const { created, image, imageId, health, networks, state } = summary;
  const since = task === undefined ? created : new Date(task.Status.Timestamp).toISOString();
  return {
    ...{ ...identity, labels, created, image, imageId, health },
    status: state,
    running: state === "running",
    exitCode: task?.Status.ContainerStatus?.ExitCode ?? 0,
    oomKilled: false,
    error: task?.Status.Err ?? "",
    startedAt: since,
    finishedAt: since,
    healthOutput: undefined,
    healthCheck: undefined,
    env: {},
    command: [],
    entrypoint: [],
    user: "",
    tty: false,
    memoryLimit: 0,
    processes: 0,
    restartPolicy: "",
    mounts: [],
    networks: Object.fromEntries(networks.map((name) => [name, { aliases: [], ip: "" }])),
  };
}

/** The labels by which a task's container names its service, or undefined for any other container. */
export function serviceOfContainer(labels: Readonly<Record<string, string>>): string | undefined {
  return labels["com.docker.swarm.service.name"];
}

/**
 * @param names of what is on a network, as the engine lists it
 * @returns containers' names; of a service's task, the service's. A swarm puts a load balancer of its own there, and tasks of services that are
 * named after the network stay for a moment after these.
 */
export function containersIn(network: string, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    if (name.startsWith("lb-") || name === `${network}-endpoint`) return [];
    const service = /^(.+)\.\d+\.[a-z0-9]{25}$/.exec(name)?.[1];
    return service?.startsWith(`${network}-`) === true ? [] : [service ?? name];
  });
}
