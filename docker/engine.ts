import type { Readable } from "node:stream";
import * as answers from "./answers.ts";
import { removeConfigs } from "./configs.ts";
import { createBody, mostProcesses } from "./create.ts";
import { EngineError, isNotFound, unreachable } from "./error.ts";
import { attachExec, type ExecOptions, type ExecResult, type ExecStream, exec, openExec, startExec, type Terminal } from "./exec.ts";
import { type BuildOptions, Images, labelFilter, type OnProgress } from "./images.ts";
import { hasTerminal, inspectContainer } from "./inspect.ts";
import { removeNetwork } from "./networks.ts";
import { tunnelVariable } from "./remote.ts";
import { frames, jsonLines, lines, rawFrames, stampedLines } from "./streams.ts";
import { containersIn, type DataNode, partSummary, type SwarmNode, serviceOfContainer } from "./swarm.ts";
import { SwarmTransport } from "./swarm-transport.ts";
import type { Call } from "./transport.ts";
import type {
  ContainerDetails,
  ContainerSpec,
  ContainerStats,
  ContainerSummary,
  EngineEvent,
  EngineInfo,
  EventOptions,
  LogLine,
  LogOptions,
  NamedResource,
  NetworkSummary,
  PastEvents,
} from "./types.ts";

export { EngineError } from "./error.ts";
export type * from "./types.ts";
export type { ExecOptions, ExecResult, ExecStream, Terminal };

/** Longest wait for an engine to say that it is there: podman asks dpkg for each version that it names, a second or many on a busy machine. */
const pingTimeout = 20_000;

/** Podman reads its file of events until the time that it is told has come, and reads none of it where that is over. */
const readEventsMs = 500;

/**
 * The container engine: the only way to it in this program. Works with Docker Engine API 1.41 (Docker 20.10, podman 4) and later.
 * Every method throws EngineError: without status where no engine answers, otherwise with the engine's HTTP status and message.
 */
export class Engine {
  readonly host: string;
  /** Whether ports of containers are published on the loopback of its machine. */
  readonly publishes: boolean;
  /** Building, pulling, tagging and looking at images. */
  readonly images: Images;
  private readonly transport: SwarmTransport;

  private constructor(transport: SwarmTransport, publishes: boolean) {
    this.transport = transport;
    this.publishes = publishes;
    this.host = transport.host;
    this.images = new Images(transport);
  }

  /** Finds the engine by DOCKER_HOST, docker's context or default sockets. Never throws and connects to nothing: calls do. */
  static connect(env: NodeJS.ProcessEnv = process.env): Engine {
    return new Engine(new SwarmTransport(env), env[tunnelVariable] !== "1");
  }

  /** DOCKER_HOST and its TLS settings for programs that are to use the same engine; empty where none can be made out. */
  environment(): Record<string, string> {
    return this.transport.environment();
  }

  async ping(options: { timeoutMs?: number } = {}): Promise<EngineInfo> {
    const { timeoutMs = pingTimeout } = options;
    const signal = AbortSignal.timeout(timeoutMs);
    const call: Call = { method: "GET", path: "/version", signal, doing: "ask for the version" };
    const raw = await this.transport.json<answers.RawVersion>(call).catch((error: unknown) => {
      throw error === signal.reason ? unreachable(this.host, new Error(`no answer within ${timeoutMs / 1000} s`)) : error;
    });
    const info = answers.engineInfo(raw);
    if (info === undefined)
      throw new EngineError(`the container engine at ${this.host} runs on ${raw.Arch}: supported are amd64 and arm64`);
    return info;
  }

  /**
   * The containers of this engine; those of a swarm's services, on whichever node, under the services' names, once each.
   * @param options all: stopped ones too
   */
  async containers(options: { labels?: Record<string, string>; all?: boolean } = {}): Promise<ContainerSummary[]> {
    const { labels = {}, all = false } = options;
    const query = { all, filters: labelFilter(labels) };
    const call: Call = { method: "GET", path: "/containers/json", query, doing: "list containers" };
    const [raw, parts] = await Promise.all([this.transport.json<answers.RawSummary[]>(call), this.transport.parts(labels)]);
    const own = raw.filter(({ Labels }) => serviceOfContainer(Labels ?? {}) === undefined).map(answers.containerSummary);
    return [...own, ...parts.map(partSummary).filter(({ state }) => all || state === "running")];
  }

  /** @returns undefined where there is no such container */
  inspect(name: string): Promise<ContainerDetails | undefined> {
    return inspectContainer(this.transport, name);
  }

  async networks(options: { labels?: Record<string, string> } = {}): Promise<NetworkSummary[]> {
    const query = { filters: labelFilter(options.labels ?? {}) };
    const raw = await this.transport.json<answers.RawNetwork[]>({ method: "GET", path: "/networks", query, doing: "list networks" });
    return raw.map(answers.networkSummary);
  }

  /** This engine's place in a swarm; undefined where it manages none. */
  swarmNode(): Promise<SwarmNode | undefined> {
    return this.transport.ownNode();
  }

  /** The node of a swarm that keeps what services with these labels have on disk; undefined where there are none. */
  swarmDataNode(labels: Readonly<Record<string, string>>): Promise<DataNode | undefined> {
    return this.transport.dataNode(labels);
  }

  /** Names of the containers on a network that run; empty where there is no such network. */
  async containersOn(network: string): Promise<string[]> {
    const call: Call = { method: "GET", path: `/networks/${network}`, doing: `inspect network ${network}` };
    try {
      const { Containers } = await this.transport.json<{ Containers: Record<string, { Name: string }> | null }>(call);
      return containersIn(
        network,
        Object.values(Containers ?? {}).map(({ Name }) => Name),
      );
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
  }

  /** Takes a container off a network, which it may need. */
  async disconnect(network: string, container: string): Promise<void> {
    const json = { Container: container, Force: true };
    const doing = `disconnect ${container} from network ${network}`;
    await this.transport.text({ method: "POST", path: `/networks/${network}/disconnect`, json, doing });
  }

  async volumes(options: { labels?: Record<string, string> } = {}): Promise<NamedResource[]> {
    const query = { filters: labelFilter(options.labels ?? {}) };
    const call: Call = { method: "GET", path: "/volumes", query, doing: "list volumes" };
    const raw = await this.transport.json<{ Volumes: answers.RawNamed[] | null }>(call);
    return (raw.Volumes ?? []).map(answers.namedResource);
  }

  async imageExists(ref: string): Promise<boolean> {
    return (await this.images.inspect(ref)) !== undefined;
  }

  pull(ref: string, onProgress?: OnProgress): Promise<void> {
    return this.images.pull(ref, onProgress);
  }

  build(context: Buffer | Readable, options: BuildOptions, onProgress?: OnProgress): Promise<void> {
    return this.images.build(context, options, onProgress);
  }

  importImage(rootfs: Buffer | Readable, ref: string, onProgress?: OnProgress): Promise<void> {
    return this.images.import(rootfs, ref, onProgress);
  }

  tag(ref: string, newRef: string): Promise<void> {
    return this.images.tag(ref, newRef);
  }

  /** Nothing happens where it is gone already. Anonymous volumes go with it. @param options force: kills it first */
  async removeContainer(name: string, options: { force?: boolean } = {}): Promise<void> {
    await this.removeIfThere(`/containers/${name}`, { force: options.force ?? false, v: true }, name);
  }

  /** One of a swarm goes once no node's task is on it any more: that is waited for. */
  removeNetwork(name: string): Promise<void> {
    return removeNetwork(this.transport, name);
  }

  /** See removeConfigs. */
  removeConfigs(isMeant: (name: string) => boolean): Promise<void> {
    return removeConfigs(this.transport, isMeant);
  }

  async removeVolume(name: string): Promise<void> {
    await this.removeIfThere(`/volumes/${name}`, {}, `volume ${name}`);
  }

  /** @returns the container's id */
  async create(name: string, spec: ContainerSpec): Promise<string> {
    const call: Call = { method: "POST", path: "/containers/create", query: { name }, json: createBody(spec), doing: `create ${name}` };
    return (await this.transport.json<{ Id: string }>(call)).Id;
  }

  async createNetwork(name: string, labels: Record<string, string> = {}): Promise<void> {
    const json = { Name: name, CheckDuplicate: true, Labels: labels };
    await this.transport.text({ method: "POST", path: "/networks/create", json, doing: `create network ${name}` });
  }

  /** Nothing happens where it is there already. */
  async createVolume(name: string, labels: Record<string, string> = {}): Promise<void> {
    const json = { Name: name, Labels: labels };
    await this.transport.text({ method: "POST", path: "/volumes/create", json, doing: `create volume ${name}` });
  }

  /** Nothing happens where it runs already. */
  async start(name: string): Promise<void> {
    await this.transport.text({ method: "POST", path: `/containers/${name}/start`, doing: `start ${name}` });
  }

  /**
   * Limits the processes of a container that was made without that, running or not; the limit outlives restarts. Nothing happens where it has
   * the limit, since the engine takes a hundred times longer to set it than to tell, and where the engine cannot: podman 4 sets 2048 itself,
   * and to a rootless engine cgroups of version 1 are closed.
   */
  async limitProcesses(name: string): Promise<void> {
    const details = await this.inspect(name);
    if (details?.processes === mostProcesses) return;
    // Podman 5 takes a policy that is not named for none.
    const json = { PidsLimit: mostProcesses, RestartPolicy: { Name: details?.restartPolicy } };
    const call: Call = { method: "POST", path: `/containers/${name}/update`, json, doing: `limit the processes of ${name}` };
    await this.transport.text(call).catch(async (error: unknown) => {
      if (isNotFound(error)) return;
      const info = await this.transport.json<answers.RawInfo>({ method: "GET", path: "/info", doing: "ask what it can limit" });
      if (info.PidsLimit !== false) throw error;
    });
  }

  /** @param options graceSeconds: from SIGTERM to SIGKILL; the container's own setting by default */
  async restart(name: string, options: { graceSeconds?: number } = {}): Promise<void> {
    const query = { t: options.graceSeconds };
    const limitMs = stopLimit(options);
    await this.transport.text({ method: "POST", path: `/containers/${name}/restart`, query, limitMs, doing: `restart ${name}` });
  }

  /** Nothing happens where it is stopped already. */
  async stop(name: string, options: { graceSeconds?: number } = {}): Promise<void> {
    const query = { t: options.graceSeconds };
    const limitMs = stopLimit(options);
    await this.transport.text({ method: "POST", path: `/containers/${name}/stop`, query, limitMs, doing: `stop ${name}` });
  }

  /** Freezes every process of a running container: it keeps its memory and its connections, and answers nothing. */
  async pause(name: string): Promise<void> {
    await this.transport.text({ method: "POST", path: `/containers/${name}/pause`, doing: `pause ${name}` });
  }

  /** Lets a paused container go on. */
  async unpause(name: string): Promise<void> {
    await this.transport.text({ method: "POST", path: `/containers/${name}/unpause`, doing: `let ${name} go on` });
  }

  async kill(name: string, killSignal = "SIGKILL"): Promise<void> {
    const query = { signal: killSignal };
    await this.transport.text({ method: "POST", path: `/containers/${name}/kill`, query, doing: `send ${killSignal} to ${name}` });
  }

  /** Waits until the container does not run. @returns its exit code */
  async wait(name: string, signal?: AbortSignal): Promise<number> {
    const limitMs = Infinity;
    const call: Call = { method: "POST", path: `/containers/${name}/wait`, signal, limitMs, doing: `wait for ${name}` };
    return (await this.transport.json<{ StatusCode: number }>(call)).StatusCode;
  }

  exec(name: string, command: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    return exec(this.transport, name, command, options);
  }

  /** A command for whoever is at the terminal. @returns its exit code */
  attachExec(name: string, command: readonly string[], terminal: Terminal, options: Omit<ExecOptions, "stdin"> = {}): Promise<number> {
    return attachExec(this.transport, name, command, terminal, options);
  }

  /** Starts a command whose streams stay open, for a conversation. See openExec. */
  openExec(name: string, command: readonly string[], options: Omit<ExecOptions, "stdin" | "tty"> = {}): Promise<ExecStream> {
    return openExec(this.transport, name, command, options);
  }

  /** Starts a command that goes on without anybody. See startExec. */
  startExec(name: string, command: readonly string[], options: Omit<ExecOptions, "stdin" | "tty"> = {}): Promise<void> {
    return startExec(this.transport, name, command, options);
  }

  /** Lines of a container's standard output and error. An aborted signal ends them without an error. */
  async *logs(name: string, options: LogOptions = {}): AsyncGenerator<LogLine> {
    const tty = await hasTerminal(this.transport, name);
    const timestamps = options.timestamps === true;
    const query = {
      stdout: true,
      stderr: true,
      timestamps,
      tail: options.tail,
      follow: options.follow ?? false,
      since: options.since && options.since.getTime() / 1000,
    };
    const call: Call = {
      method: "GET",
      path: `/containers/${name}/logs`,
      query,
      signal: options.signal,
      doing: `read the logs of ${name}`,
    };
    yield* endedBy(options.signal, this.logLines(call, tty, timestamps));
  }

  /** Events from the first step of the iteration on. Use `subscribe` where none may be missed after a certain point. */
  async *events(options: EventOptions = {}): AsyncGenerator<EngineEvent> {
    yield* await this.subscribe(options);
  }

  /** @returns once the engine has begun to report: whatever happens afterwards is among the events */
  async subscribe(options: EventOptions = {}): Promise<AsyncGenerator<EngineEvent>> {
    const filters = labelFilter(options.labels ?? {}, { type: options.types });
    const call: Call = { method: "GET", path: "/events", query: { filters }, signal: options.signal, doing: "follow the engine's events" };
    const answer = await this.transport.request(call);
    return endedBy(options.signal, this.readEvents(this.transport.body(answer, call)));
  }

  /**
   * What happened to a container; Docker remembers its last 256 events.
   * @returns oldest first
   */
  async pastEvents({ container, actions, since }: PastEvents): Promise<EngineEvent[]> {
    // Podman has other names for actions in its filter than in its answers.
    const filters = JSON.stringify({ container: [container] });
    const query = { filters, since: since.getTime() / 1000, until: (Date.now() + readEventsMs) / 1000, stream: false };
    const text = await this.transport.text({ method: "GET", path: "/events", query, doing: `ask what happened to ${container}` });
    const events = text
      .split("\n")
      .flatMap((line) => (line.trim() === "" ? [] : [answers.engineEvent(JSON.parse(line) as answers.RawEvent)]));
    return events.filter(({ action }) => actions.includes(action));
  }

  /** One sample, at once. */
  async stats(name: string): Promise<ContainerStats> {
    const query = { stream: false, "one-shot": true };
    const call: Call = { method: "GET", path: `/containers/${name}/stats`, query, doing: `read the statistics of ${name}` };
    return answers.containerStats(await this.transport.json<answers.RawStats>(call));
  }

  /** The file system of a container as a tar archive. */
  export(name: string): Promise<Readable> {
    return this.transport.request({ method: "GET", path: `/containers/${name}/export`, doing: `export ${name}` });
  }

  /**
   * A file of a container, running or not, as a tar archive; a symbolic link as itself.
   * @throws EngineError with status 404 where there is no such path
   */
  archive(name: string, path: string): Promise<Readable> {
    return this.transport.request({
      method: "GET",
      path: `/containers/${name}/archive`,
      query: { path },
      doing: `read ${path} of ${name}`,
    });
  }

  /** Unpacks a tar archive into a folder of a container, running or not. */
  async unpack(name: string, path: string, tar: Buffer | Readable): Promise<void> {
    await this.transport.text({ method: "PUT", path: `/containers/${name}/archive`, query: { path }, tar, doing: `write into ${name}` });
  }

  private async *logLines(call: Call, tty: boolean, timestamps: boolean): AsyncGenerator<LogLine> {
    const body = this.transport.body(await this.transport.request(call), call);
    if (!timestamps) yield* lines(tty ? rawFrames(body) : frames(body));
    else if (!tty) yield* stampedLines(frames(body));
    else for await (const { stream, line } of lines(rawFrames(body))) yield { stream, ...splitStamp(line) };
  }

  private async *readEvents(body: AsyncIterable<Buffer>): AsyncGenerator<EngineEvent> {
    for await (const raw of jsonLines<answers.RawEvent>(body)) yield answers.engineEvent(raw);
  }

  private async removeIfThere(path: string, query: Record<string, boolean>, what: string): Promise<void> {
    try {
      await this.transport.text({ method: "DELETE", path, query, doing: `remove ${what}` });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

/** What a container may take to stop, in ms: its own grace may be longer than ours, which is not known here. */
function stopLimit({ graceSeconds = 60 }: { graceSeconds?: number }): number {
  return 120_000 + 1000 * graceSeconds;
}

function splitStamp(text: string): { line: string; time: string } {
  const space = text.indexOf(" ");
  return { line: text.slice(space + 1), time: text.slice(0, space) };
}

/** An aborted signal is the caller's own wish: the iteration ends, nothing is thrown. */
async function* endedBy<T>(signal: AbortSignal | undefined, source: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* source;
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}
