import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { errorMessage } from "../common/errors.ts";
import { EngineError, isNotFound } from "./error.ts";
import { labelFilter } from "./images.ts";
import {
  type DataNode,
  engineLabel,
  findPart,
  isLive,
  nodeKeptTo,
  type RawNode,
  type RawService,
  type RawSwarmInfo,
  type RawTask,
  type SwarmNode,
  type SwarmPart,
  swarmPart,
} from "./swarm.ts";
import { type Call, Transport } from "./transport.ts";

/** A part of a swarm that has no container which could be asked. */
export class NoContainerHere extends EngineError {
  readonly part: SwarmPart;

  constructor(part: SwarmPart, message: string, hint: string) {
    super(message, 409, hint);
    this.part = part;
  }
}

interface Route {
  /** Undefined for this engine. */
  readonly at: Transport | undefined;
  readonly call: Call;
  /** Whose task `at` has: it may be lost, before the manager has noticed. */
  readonly task?: { readonly part: SwarmPart; readonly node: string };
  /** The service whose tasks the call ends. */
  readonly ends?: string;
  /** The service that is gone after the call. */
  readonly removes?: string;
  /** The service that has a task started by the call. */
  readonly starts?: string;
}

/** A node's engine that has not begun to answer by then gives no answer, in ms: the manager takes a node for lost after 15 s. */
const nodeAnswerMs = 15_000;

/** So long it is not asked again, in ms. */
const silentMs = 30_000;

const stopPollMs = 200;

/**
 * Also finds the containers of a swarm's services, under the services' names: what is asked about a container that this engine does not have is
 * asked where the service's task runs. An engine that is no swarm's manager costs one more call, and only for what is not there.
 */
export class SwarmTransport extends Transport {
  private readonly ownEnv: NodeJS.ProcessEnv;
  /** Engines of other nodes, by DOCKER_HOST. */
  private readonly others = new Map<string, Transport>();
  /** When engines of other nodes last gave no answer, in ms since 1970. */
  private readonly silent = new Map<Transport, number>();
  /** False for an engine that has said it manages no swarm: its log gets one line about that, not one a call. */
  private manages: boolean | undefined;

  constructor(env: NodeJS.ProcessEnv) {
    super(env);
    this.ownEnv = env;
  }

  override async request(call: Call): Promise<IncomingMessage> {
    return await this.routed(call, (at, routed) => (at === undefined ? super.request(routed) : at.request(routed)));
  }

  override async hijack(call: Call): Promise<Duplex> {
    return await this.routed(call, (at, routed) => (at === undefined ? super.hijack(routed) : at.hijack(routed)));
  }

  /**
   * The services with these labels (an empty value stands for any), each with its task.
   * @returns nothing where this engine is no manager of a swarm
   */
  async parts(labels: Readonly<Record<string, string>> = {}): Promise<SwarmPart[]> {
    const query = { filters: labelFilter({ ...labels }) };
    const ask = <T>(path: string, doing: string) => this.json<T>({ method: "GET", path, query, doing });
    if (this.manages === false) return [];
    try {
      const services = await ask<RawService[]>("/services", "list services");
      this.manages = true;
      // What answers everything alike is no manager either.
      if (!Array.isArray(services) || services.length === 0) return [];
      const tasks = await ask<RawTask[]>("/tasks", "list the tasks of services");
      return services.map((service) => swarmPart(service, tasks));
    } catch (error) {
      // 503: no manager of a swarm; 404: an engine that knows of none, such as podman.
      if (!(error instanceof EngineError) || error.status === undefined) throw error;
      // One whose managers cannot agree for a moment says 503 too.
      this.manages ??= false;
      return [];
    }
  }

  /** @returns the node that services with these labels are kept on; undefined where there are none */
  async dataNode(labels: Readonly<Record<string, string>>): Promise<DataNode | undefined> {
    const id = nodeKeptTo(await this.parts(labels));
    if (id === undefined) return undefined;
    const node = await this.node(id);
    return { id, name: node?.Description.Hostname ?? id, lost: node === undefined || node.Status.State === "down" };
  }

  private async routed<T>(call: Call, send: (at: Transport | undefined, call: Call) => Promise<T>): Promise<T> {
    // A stream is sent once: who has the container is asked before.
    if (call.tar !== undefined && !Buffer.isBuffer(call.tar)) {
      const [, name] = /^\/containers\/([^/]+)\//.exec(call.path) ?? [];
      const route = name === undefined || (await this.has(name)) ? undefined : await this.route(call);
      return await this.follow(route ?? { at: undefined, call }, send);
    }
    try {
      return await send(undefined, call);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const route = await this.route(call);
      if (route === undefined) throw error;
      return await this.follow(route, send);
    }
  }

  private async follow<T>(
    { at, call, task, ends, removes, starts }: Route,
    send: (at: Transport | undefined, call: Call) => Promise<T>,
  ): Promise<T> {
    if (at === undefined || task === undefined) {
      const answer = await send(at, call);
      if (ends !== undefined) await this.tasksEnd(ends, call.signal);
      if (removes !== undefined) await this.containersGo(removes, call.signal);
      if (starts !== undefined) await this.taskStarts(starts, call.signal);
      return answer;
    }
    const { part, node } = task;
    const lost = (why: string) =>
      new NoContainerHere(
        part,
        `${part.service.Spec.Name} runs on node ${node}, whose engine gives no answer: ${why}`,
        `docker node ls; where ${node} is lost, the swarm moves what may run elsewhere within half a minute`,
      );
    if (this.isSilent(at)) throw lost(`${at.host} was asked a moment ago`);
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), call.tar === undefined ? nodeAnswerMs : 2 ** 30).unref();
    try {
      return await send(at, { ...call, signal: call.signal === undefined ? limit.signal : AbortSignal.any([call.signal, limit.signal]) });
    } catch (error) {
      if (call.signal?.aborted === true || (error instanceof EngineError && error.status !== undefined)) throw error;
      this.silent.set(at, Date.now());
      throw lost(limit.signal.aborted ? `${at.host} did not begin to answer within ${nodeAnswerMs / 1000} s` : errorMessage(error));
    } finally {
      clearTimeout(timer);
    }
  }

  /** A manager answers before it has ended anything. What a lost node runs is not waited for: it ends when the node is back. */
  private async tasksEnd(service: string, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      // All of them: by a service that is gone they cannot be asked for.
      const [tasks, nodes] = await Promise.all([
        this.json<RawTask[]>({ method: "GET", path: "/tasks", doing: "list the tasks of services" }),
        this.json<RawNode[]>({ method: "GET", path: "/nodes", doing: "list the nodes of the swarm" }),
      ]);
      const reached = nodes.filter(({ Status }) => Status.State !== "down").map(({ ID }) => ID);
      const own = tasks.filter(({ ServiceID }) => ServiceID === service);
      if (!own.some((task) => isLive(task) && reached.includes(task.NodeID ?? ""))) return;
      await sleep(stopPollMs, undefined, { signal });
    }
  }

  private async has(container: string): Promise<boolean> {
    try {
      (await super.request({ method: "GET", path: `/containers/${container}/json`, doing: `inspect ${container}` })).resume();
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  /** @throws NoContainerHere where there is a task, but none that could be asked */
  private async route(call: Call): Promise<Route | undefined> {
    const exec = /^\/exec\/[^/]+\//.test(call.path);
    if (exec) return await this.execRoute(call);
    const [, name, rest = ""] = /^\/containers\/([^/]+)(\/.*)?$/.exec(call.path) ?? [];
    if (name === undefined || name === "json" || name === "create") return undefined;
    const part = findPart(await this.parts(), name);
    if (part === undefined) return undefined;
    return ofService(call, part.service, rest) ?? (await this.ofTask(call, part, rest));
  }

  /** What has ended is removed a moment later: until then it holds its volumes, which are on this node. */
  private async containersGo(service: string, signal: AbortSignal | undefined): Promise<void> {
    const query = { all: true, filters: labelFilter({ "com.docker.swarm.service.id": service }) };
    const list = () => this.json<unknown[]>({ method: "GET", path: "/containers/json", query, doing: "list containers" });
    while ((await list()).length > 0) await sleep(stopPollMs, undefined, { signal });
  }

  /** A manager answers before it has started anything: meanwhile a part would look as if it had ended. What fails to start is for others to tell. */
  private async taskStarts(service: string, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      const part = findPart(await this.parts(), service);
      const { State: state = "new", Err: problem = "" } = part?.task?.Status ?? {};
      // One that finds no node says why, and waits for it.
      if (part === undefined || part.failures > 0 || problem !== "" || state === "starting" || state === "running") return;
      await sleep(stopPollMs, undefined, { signal });
    }
  }

  /** A command runs on the node where it was started: whoever knows it first has it, and a node that is lost is not waited for. */
  private async execRoute(call: Call): Promise<Route | undefined> {
    const path = call.path.replace(/\/[^/]*$/, "/json");
    const asked = [...this.others.values()].map(async (at) => {
      if (this.isSilent(at)) throw new Error(`${at.host} was asked a moment ago`);
      await at.text({ method: "GET", path, doing: call.doing, limitMs: nodeAnswerMs });
      return at;
    });
    const at = await Promise.any(asked).catch(() => undefined);
    return at && { at, call };
  }

  private isSilent(at: Transport): boolean {
    return Date.now() - (this.silent.get(at) ?? 0) < silentMs;
  }

  private async ofTask(call: Call, part: SwarmPart, rest: string): Promise<Route> {
    const { task } = part;
    const { Name: name } = part.service.Spec;
    const container = task?.Status.ContainerStatus?.ContainerID;
    if (task?.NodeID === undefined || container === undefined || container === "") {
      const state = `${task?.Status.State ?? "not made"}${reason(task)}`;
      throw new NoContainerHere(part, `${name} has no container yet: its task is ${state}`, `docker service ps ${name}`);
    }
    const node = await this.node(task.NodeID);
    const at = await this.engineOf(task.NodeID, node);
    const whole = { ...call, path: `/containers/${container}${rest}` };
    if (at === "own") return { at: undefined, call: whole };
    const hostname = node?.Description.Hostname ?? task.NodeID;
    if (node === undefined || node.Status.State === "down")
      throw new NoContainerHere(
        part,
        `${name} ran on node ${hostname}, which the swarm has lost`,
        `docker service ps ${name} tells where it runs next; docker node ls`,
      );
    if (at !== "unknown") return { at, call: whole, task: { part, node: hostname } };
    // The one thing that a manager passes on.
    if (rest === "/logs") return { at: undefined, call: { ...call, path: `/tasks/${task.ID}/logs` } };
    throw new NoContainerHere(
      part,
      `${name} runs on node ${hostname}, and where that node's engine answers is not known`,
      `docker node update --label-add ${engineLabel}=ssh://user@${hostname} ${hostname}`,
    );
  }

  private async engineOf(id: string, node: RawNode | undefined): Promise<Transport | "own" | "unknown"> {
    if ((await this.ownNode())?.id === id) return "own";
    const host = node?.Spec.Labels?.[engineLabel];
    if (host === undefined) return "unknown";
    const known = this.others.get(host) ?? new Transport({ ...this.ownEnv, ...this.environment(), DOCKER_HOST: host });
    this.others.set(host, known);
    return known;
  }

  /** @returns undefined where this engine is no manager of a swarm */
  async ownNode(): Promise<SwarmNode | undefined> {
    const { Swarm } = await this.json<RawSwarmInfo>({ method: "GET", path: "/info", doing: "ask for the swarm's node" });
    return Swarm?.ControlAvailable === true ? { id: Swarm.NodeID, address: Swarm.NodeAddr } : undefined;
  }

  /** @returns undefined for one that is in the swarm no more */
  private async node(id: string): Promise<RawNode | undefined> {
    try {
      return await this.json<RawNode>({ method: "GET", path: `/nodes/${id}`, doing: `ask for node ${id}` });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}

function reason(task: RawTask | undefined): string {
  return task?.Status.Err ? ` (${task.Status.Err})` : "";
}

/** What is done to a service and not to a container of it: another task would take its place. */
function ofService(call: Call, service: RawService, rest: string): Route | undefined {
  const { ID: id, Spec: spec, Version: version } = service;
  if (call.method === "DELETE" && rest === "") {
    return { at: undefined, call: { method: "DELETE", path: `/services/${id}`, doing: call.doing }, ends: id, removes: id };
  }
  const update = (json: object): Route => {
    const query = { version: version.Index };
    return { at: undefined, call: { method: "POST", path: `/services/${id}/update`, query, json, doing: call.doing } };
  };
  if (rest === "/restart") {
    const { TaskTemplate } = spec;
    return { ...update({ ...spec, TaskTemplate: { ...TaskTemplate, ForceUpdate: (TaskTemplate.ForceUpdate ?? 0) + 1 } }), starts: id };
  }
  if (rest === "/stop") return { ...update({ ...spec, Mode: { Replicated: { Replicas: 0 } } }), ends: id };
  if (rest === "/start") return { ...update({ ...spec, Mode: { Replicated: { Replicas: 1 } } }), starts: id };
  return undefined;
}
