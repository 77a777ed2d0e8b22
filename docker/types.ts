/** The processor architectures a container engine may have, in Go's names. */
export type Arch = "amd64" | "arm64";

/** What the engine says about things, in our words: only what commands use. Times are ISO 8601, sizes bytes. */
export interface EngineInfo {
  readonly apiVersion: string;
  readonly version: string;
  readonly arch: Arch;
  readonly os: string;
}

export type ContainerState = "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";
export type Health = "starting" | "healthy" | "unhealthy";

export interface ContainerSummary {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  /** The command line in one text, as the engine shortens it for people: entry point and arguments. */
  readonly command: string;
  readonly state: ContainerState;
  /** As `docker ps` says it: "Up 3 minutes (healthy)". */
  readonly status: string;
  /** Undefined where the container has no health check. */
  readonly health: Health | undefined;
  readonly labels: Record<string, string>;
  readonly created: string;
  readonly ports: readonly PublishedPort[];
  /** Names of the networks it is in. */
  readonly networks: readonly string[];
}

export interface PublishedPort {
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: string;
}

export interface ContainerDetails {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  readonly created: string;
  readonly status: ContainerState;
  readonly running: boolean;
  /** Of the last run; 0 while it runs. */
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** Why it could not start; empty otherwise. */
  readonly error: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly restartCount: number;
  readonly health: Health | undefined;
  /** Output of the last health check. */
  readonly healthOutput: string | undefined;
  /** The health check's command, to be run inside the container; undefined where there is none. */
  readonly healthCheck: readonly string[] | undefined;
  readonly labels: Record<string, string>;
  readonly env: Record<string, string>;
  readonly command: readonly string[];
  readonly entrypoint: readonly string[];
  readonly user: string;
  readonly tty: boolean;
  /** Bytes; 0 without a limit. */
  readonly memoryLimit: number;
  /** Processes and threads that it may have at once; 0 or below without a limit. */
  readonly processes: number;
  /** no, always, unless-stopped or on-failure; empty where the engine says nothing. */
  readonly restartPolicy: string;
  readonly mounts: readonly Mount[];
  readonly ports: readonly PublishedPort[];
  /** The ports that it publishes whenever it runs; port 0 stands for one that the engine chooses. */
  readonly bindings: readonly PublishedPort[];
  /** Aliases and address in each network, by the network's name. */
  readonly networks: Record<string, { readonly aliases: readonly string[]; readonly ip: string }>;
}

export interface Mount {
  readonly type: string;
  /** Name of a volume, or empty. */
  readonly name: string;
  /** Path on the engine's machine. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface NamedResource {
  readonly id: string;
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly created: string;
}

export interface NetworkSummary extends NamedResource {
  /** Such as "172.18.0.0/16"; none where it has no addresses. */
  readonly subnets: readonly string[];
}

export interface ImageDetails {
  readonly id: string;
  readonly tags: readonly string[];
  readonly size: number;
  readonly labels: Record<string, string>;
  readonly env: readonly string[];
  readonly created: string;
  /** In Go's names, such as amd64. */
  readonly arch: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

/** An image as a list of images has it. */
export interface ListedImage {
  readonly id: string;
  readonly tags: readonly string[];
  readonly size: number;
  /** Seconds since 1970. */
  readonly created: number;
}

export interface EngineEvent {
  /** container, network, volume, image, … */
  readonly type: string;
  /** start, die, oom, destroy, "health_status: healthy", … */
  readonly action: string;
  readonly id: string;
  readonly name: string;
  /** Labels and the engine's own attributes, such as exitCode. */
  readonly attributes: Record<string, string>;
  readonly time: string;
}

export interface LogLine {
  readonly stream: "stdout" | "stderr";
  readonly line: string;
  /** When it was written; only where timestamps were asked for. */
  readonly time?: string;
}

export interface ContainerStats {
  /** Memory in use without the page cache, as `docker stats` shows it. */
  readonly memory: number;
  readonly memoryLimit: number;
  readonly pids: number;
  /** CPU time used since the container started, in nanoseconds. */
  readonly cpuNanoseconds: number;
}

/** A line of a build, pull or import. */
export interface ImageProgress {
  /** The layer or step it is about; empty for the whole. */
  readonly id: string;
  readonly text: string;
}

/** What a container made by Engine.create is to be; the rest is the engine's default. */
export interface ContainerSpec {
  readonly image: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly env?: Record<string, string>;
  readonly labels?: Record<string, string>;
  readonly user?: string;
  readonly workdir?: string;
  readonly network?: string;
  readonly aliases?: readonly string[];
  readonly readOnly?: boolean;
  readonly capDropAll?: boolean;
  readonly noNewPrivileges?: boolean;
  readonly init?: boolean;
  /** Options by path: {"/tmp": "mode=1777"}. */
  readonly tmpfs?: Record<string, string>;
  /** "source:target[:ro]". */
  readonly binds?: readonly string[];
  /** Bytes. */
  readonly memory?: number;
  /** Processes and threads at once; `mostProcesses` by default. */
  readonly processes?: number;
  /** It is removed once it ends. */
  readonly autoRemove?: boolean;
  /** Ports of the container to publish on a free port of 127.0.0.1. */
  readonly publish?: readonly number[];
}

export interface LogOptions {
  /** Only the last lines; all by default. */
  readonly tail?: number;
  /** Goes on with what is written from now on, until the container stops or the signal is aborted. */
  readonly follow?: boolean;
  readonly timestamps?: boolean;
  /** Only lines written at or after this time. */
  readonly since?: Date;
  readonly signal?: AbortSignal;
}

export interface EventOptions {
  /** Only of things that carry these labels (an empty value stands for any). */
  readonly labels?: Record<string, string>;
  /** Only of these types: container, network, … */
  readonly types?: readonly string[];
  /** Ends the events without an error. */
  readonly signal?: AbortSignal;
}

export interface PastEvents {
  /** Name or id. */
  readonly container: string;
  /** start, die, oom, … */
  readonly actions: readonly string[];
  readonly since: Date;
}
