import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { EngineError, isNotFound } from "./error.ts";
import { labelFilter } from "./images.ts";
import {
  engineLabel,
  findPart,
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
}

/**
 * Also finds the containers of a swarm's services, under the services' names: what is asked about a container that this engine does not have is
 * asked where the service's task runs. An engine that is no swarm's manager costs one more call, and only for what is not there.
 */
export class SwarmTransport extends Transport {
  private readonly ownEnv: NodeJS.ProcessEnv;
  /** Engines of other nodes, by DOCKER_HOST. */
  private readonly others = new Map<string, Transport>();
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

  private async routed<T>(call: Call, send: (at: Transport | undefined, call: Call) => Promise<T>): Promise<T> {
    // A stream is sent once: who has the container is asked before.
    if (call.tar !== undefined && !Buffer.isBuffer(call.tar)) {
      const [, name] = /^\/containers\/([^/]+)\//.exec(call.path) ?? [];
      const route = name === undefined || (await this.has(name)) ? undefined : await this.route(call);
      return await send(route?.at, route?.call ?? call);
    }
    try {
      return await send(undefined, call);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const route = await this.route(call);
      if (route === undefined) throw error;
      return await send(route.at, route.call);
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

  /** A command runs on the node where it was started. */
  private async execRoute(call: Call): Promise<Route | undefined> {
    const path = call.path.replace(/\/[^/]*$/, "/json");
    for (const at of this.others.values()) {
      const known = await at.text({ method: "GET", path, doing: call.doing }).then(
        () => true,
        () => false,
      );
      if (known) return { at, call };
    }
    return undefined;
  }

  private async ofTask(call: Call, part: SwarmPart, rest: string): Promise<Route> {
    const { task } = part;
    const { Name: name } = part.service.Spec;
    const container = task?.Status.ContainerStatus?.ContainerID;
    if (task?.NodeID === undefined || container === undefined || container === "") {
      const state = `${task?.Status.State ?? "not made"}${reason(task)}`;
      throw new NoContainerHere(part, `${name} has no container yet: its task is ${state}`, `docker service ps ${name}`);
    }
    const at = await this.engineOf(task.NodeID);
    if (at !== "unknown") return { at: at === "own" ? undefined : at, call: { ...call, path: `/containers/${container}${rest}` } };
    // The one thing that a manager passes on.
    if (rest === "/logs") return { at: undefined, call: { ...call, path: `/tasks/${task.ID}/logs` } };
    const { Hostname: node } = (await this.node(task.NodeID)).Description;
    throw new NoContainerHere(
      part,
      `${name} runs on node ${node}, and where that node's engine answers is not known`,
      `docker node update --label-add ${engineLabel}=ssh://user@${node} ${node}`,
    );
  }

  private async engineOf(node: string): Promise<Transport | "own" | "unknown"> {
    const [own, { Spec }] = await Promise.all([this.ownNode(), this.node(node)]);
    if (own?.id === node) return "own";
    const host = Spec.Labels?.[engineLabel];
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

  private node(id: string): Promise<RawNode> {
    return this.json<RawNode>({ method: "GET", path: `/nodes/${id}`, doing: `ask for node ${id}` });
  }
}

function reason(task: RawTask | undefined): string {
  return task?.Status.Err ? ` (${task.Status.Err})` : "";
}

/** What is done to a service and not to a container of it: another task would take its place. */
function ofService(call: Call, service: RawService, rest: string): Route | undefined {
  const { ID: id, Spec: spec, Version: version } = service;
  if (call.method === "DELETE" && rest === "") {
    return { at: undefined, call: { method: "DELETE", path: `/services/${id}`, doing: call.doing } };
  }
  const update = (json: object): Route => {
    const query = { version: version.Index };
    return { at: undefined, call: { method: "POST", path: `/services/${id}/update`, query, json, doing: call.doing } };
  };
  if (rest === "/restart") {
    const { TaskTemplate } = spec;
    return update({ ...spec, TaskTemplate: { ...TaskTemplate, ForceUpdate: (TaskTemplate.ForceUpdate ?? 0) + 1 } });
  }
  if (rest === "/stop") return update({ ...spec, Mode: { Replicated: { Replicas: 0 } } });
  if (rest === "/start") return update({ ...spec, Mode: { Replicated: { Replicas: 1 } } });
  return undefined;
}
