import type {
  ContainerDetails,
  ContainerState,
  ContainerStats,
  ContainerSummary,
  EngineEvent,
  EngineInfo,
  Health,
  ImageDetails,
  NamedResource,
  NetworkSummary,
  PublishedPort,
} from "./types.ts";

// The engine's answers as far as they are read here (Docker Engine API 1.41), and what becomes of them. All pure.

/** What we read of `GET /info`. */
export interface RawInfo {
  /** False where the engine has no cgroups to count processes with. */
  PidsLimit?: boolean;
}

export interface RawVersion {
  ApiVersion: string;
  Version: string;
  Arch: string;
  Os: string;
}

export interface RawSummary {
  Id: string;
  Names: string[] | null;
  Image: string;
  ImageID: string;
  Command: string;
  State: ContainerState;
  Status: string;
  Created: number;
  Labels: Record<string, string> | null;
  Ports: { IP?: string; PrivatePort: number; PublicPort?: number; Type: string }[] | null;
  NetworkSettings?: { Networks: Record<string, unknown> | null };
}

/** By a container's port, such as "80/tcp". */
type RawBindings = Record<string, { HostIp: string; HostPort: string }[] | null>;

export interface RawDetails {
  Id: string;
  Name: string;
  Created: string;
  Image: string;
  RestartCount: number;
  State: {
    Status: ContainerState;
    Running: boolean;
    ExitCode: number;
    OOMKilled: boolean;
    Error: string;
    StartedAt: string;
    FinishedAt: string;
    Health?: { Status: string; Log?: { Output: string }[] | null };
  };
  Config: {
    Image: string;
    Labels: Record<string, string> | null;
    Env: string[] | null;
    Cmd: string[] | null;
    Entrypoint: string[] | null;
    User: string;
    Tty: boolean;
    Healthcheck?: { Test?: string[] | null };
  };
  HostConfig: {
    Memory?: number;
    PidsLimit?: number | null;
    PortBindings?: RawBindings | null;
    RestartPolicy?: { Name?: string } | null;
  };
  Mounts: { Type: string; Name?: string; Source: string; Destination: string; RW: boolean }[];
  NetworkSettings: {
    Ports: RawBindings | null;
    Networks: Record<string, { Aliases: string[] | null; IPAddress: string }> | null;
  };
}

export interface RawNamed {
  Id?: string;
  Name: string;
  Labels: Record<string, string> | null;
  Created?: string;
  CreatedAt?: string;
}

export interface RawNetwork extends RawNamed {
  IPAM?: { Config?: { Subnet?: string }[] | null };
}

export interface RawImage {
  Id: string;
  RepoTags: string[] | null;
  Size: number;
  Created: string;
  Architecture: string;
  Config: {
    Labels?: Record<string, string> | null;
    Env?: string[] | null;
    Entrypoint?: string[] | null;
    Cmd?: string[] | null;
  } | null;
}

export interface RawListedImage {
  Id: string;
  RepoTags: string[] | null;
  Size: number;
  Created: number;
}

export interface RawEvent {
  Type: string;
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> | null };
  timeNano: number;
}

export interface RawStats {
  memory_stats: { usage?: number; limit?: number; stats?: Record<string, number> };
  pids_stats: { current?: number };
  cpu_stats: { cpu_usage: { total_usage: number } };
}

/** Names of Go and of uname for the architectures that are supported. */
const architectures: Record<string, EngineInfo["arch"]> = { amd64: "amd64", x86_64: "amd64", arm64: "arm64", aarch64: "arm64" };

/** @returns undefined for an architecture that is not supported */
export function engineInfo(raw: RawVersion): EngineInfo | undefined {
  const arch = architectures[raw.Arch];
  return arch && { apiVersion: raw.ApiVersion, version: raw.Version, arch, os: raw.Os };
}

export function containerSummary(raw: RawSummary): ContainerSummary {
  return {
    id: raw.Id,
    name: (raw.Names?.[0] ?? "").replace(/^\//, ""),
    image: raw.Image,
    imageId: raw.ImageID,
    command: raw.Command,
    state: raw.State,
    status: raw.Status,
    health: healthInStatus(raw.Status),
    labels: raw.Labels ?? {},
    created: new Date(raw.Created * 1000).toISOString(),
    ports: (raw.Ports ?? []).flatMap(({ IP, PublicPort, PrivatePort, Type }) =>
      PublicPort === undefined ? [] : [{ hostIp: IP ?? "", hostPort: PublicPort, containerPort: PrivatePort, protocol: Type }],
    ),
    networks: Object.keys(raw.NetworkSettings?.Networks ?? {}),
  };
}

/** The list of containers has health only in its text: "Up 2 seconds (health: starting)", "Up 2 hours (healthy)". */
function healthInStatus(status: string): Health | undefined {
  const found = /\((?:health: )?(starting|healthy|unhealthy)\)/.exec(status)?.[1];
  return health(found);
}

function health(word: string | undefined): Health | undefined {
  return word === "starting" || word === "healthy" || word === "unhealthy" ? word : undefined;
}

/** Forms of a test: ["CMD", …], ["CMD-SHELL", text], ["NONE"] or nothing. */
function healthCommand([kind, ...rest]: string[]): readonly string[] | undefined {
  if (kind === "CMD") return rest;
  return kind === "CMD-SHELL" ? ["/bin/sh", "-c", ...rest] : undefined;
}

export function containerDetails(raw: RawDetails): ContainerDetails {
  const { State: state, Config: config } = raw;
  return {
    id: raw.Id,
    name: raw.Name.replace(/^\//, ""),
    image: config.Image,
    imageId: raw.Image,
    created: raw.Created,
    status: state.Status,
    running: state.Running,
    exitCode: state.ExitCode,
    oomKilled: state.OOMKilled,
    error: state.Error,
    startedAt: state.StartedAt,
    finishedAt: state.FinishedAt,
    restartCount: raw.RestartCount,
    health: health(state.Health?.Status),
    healthOutput: state.Health?.Log?.at(-1)?.Output,
    healthCheck: healthCommand(config.Healthcheck?.Test ?? []),
    labels: config.Labels ?? {},
    env: Object.fromEntries((config.Env ?? []).map(variable)),
    command: config.Cmd ?? [],
    entrypoint: config.Entrypoint ?? [],
    user: config.User,
    tty: config.Tty,
    memoryLimit: raw.HostConfig.Memory ?? 0,
    processes: raw.HostConfig.PidsLimit ?? 0,
    restartPolicy: raw.HostConfig.RestartPolicy?.Name ?? "",
    mounts: raw.Mounts.map((mount) => ({
      type: mount.Type,
      name: mount.Name ?? "",
      source: mount.Source,
      target: mount.Destination,
      readOnly: !mount.RW,
    })),
    ports: publishedPorts(raw.NetworkSettings.Ports ?? {}),
    bindings: publishedPorts(raw.HostConfig.PortBindings ?? {}),
    networks: Object.fromEntries(
      Object.entries(raw.NetworkSettings.Networks ?? {}).map(([name, network]) => [
        name,
        { aliases: network.Aliases ?? [], ip: network.IPAddress },
      ]),
    ),
  };
}

function variable(text: string): [string, string] {
  const equals = text.indexOf("=");
  return equals === -1 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
}

function publishedPorts(raw: RawBindings): PublishedPort[] {
  return Object.entries(raw).flatMap(([port, bindings]) => {
    const [containerPort = "", protocol = "tcp"] = port.split("/");
    return (bindings ?? []).map(({ HostIp, HostPort }) => ({
      hostIp: HostIp,
      hostPort: Number(HostPort),
      containerPort: Number(containerPort),
      protocol,
    }));
  });
}

export function namedResource(raw: RawNamed): NamedResource {
  return { id: raw.Id ?? raw.Name, name: raw.Name, labels: raw.Labels ?? {}, created: raw.Created ?? raw.CreatedAt ?? "" };
}

export function networkSummary(raw: RawNetwork): NetworkSummary {
  const subnets = (raw.IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []);
  return { ...namedResource(raw), subnets };
}

export function imageDetails(raw: RawImage): ImageDetails {
  return {
    id: raw.Id,
    tags: raw.RepoTags ?? [],
    size: raw.Size,
    labels: raw.Config?.Labels ?? {},
    env: raw.Config?.Env ?? [],
    created: raw.Created,
    arch: raw.Architecture,
    entrypoint: raw.Config?.Entrypoint ?? [],
    command: raw.Config?.Cmd ?? [],
  };
}

export function engineEvent(raw: RawEvent): EngineEvent {
  const attributes = raw.Actor.Attributes ?? {};
  return {
    type: raw.Type,
    action: raw.Action,
    id: raw.Actor.ID,
    name: attributes.name ?? "",
    attributes,
    time: new Date(raw.timeNano / 1e6).toISOString(),
  };
}

/** The page cache counts as usage but goes away under pressure: `inactive_file` (cgroup 2) or `total_inactive_file` (1) is taken off. */
export function containerStats(raw: RawStats): ContainerStats {
  const { usage = 0, limit = 0, stats = {} } = raw.memory_stats;
  const cache = stats.total_inactive_file ?? stats.inactive_file ?? 0;
  return {
    memory: Math.max(0, usage - cache),
    memoryLimit: limit,
    pids: raw.pids_stats.current ?? 0,
    cpuNanoseconds: raw.cpu_stats.cpu_usage.total_usage,
  };
}
