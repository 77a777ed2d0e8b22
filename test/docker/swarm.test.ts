import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Engine } from "../../docker/engine.ts";
import { containersIn, partDetails, type RawService, type RawTask, swarmPart } from "../../docker/swarm.ts";

// A server in a manager's place, and one in a node's: which of them is asked what. A real swarm: test/slow/swarm.test.ts.

const template = (image: string, force = 0) => ({
  ContainerSpec: { Image: image, Labels: { "nitro.stack": "alice" }, Healthcheck: { Test: ["CMD", "true"] } },
  ForceUpdate: force,
});

const service: RawService = {
  ID: "s1",
  Version: { Index: 7 },
  CreatedAt: "2026-01-01T00:00:00Z",
  Spec: { Name: "nitro-alice-service", Labels: { "nitro.executable": "ab" }, TaskTemplate: template("new") },
};

const task = (id: string, image: string, state: string, more: Partial<RawTask> = {}): RawTask => ({
  ID: id,
  CreatedAt: `2026-01-01T00:00:0${id.length}Z`,
  Spec: template(image),
  ServiceID: "s1",
  NodeID: "n2",
  DesiredState: "running",
  Status: { Timestamp: "2026-01-01T00:00:09Z", State: state, ContainerStatus: { ContainerID: `c-${id}` } },
  ...more,
});

test("a part is the task of what is declared now, and counts what has failed of that alone", () => {
  const ended = { DesiredState: "shutdown" };
  const tasks = [
    task("a", "old", "running"),
    task("bb", "new", "failed", ended),
    task("ccc", "new", "starting"),
    task("dddd", "old", "failed", ended),
  ];
  const part = swarmPart(service, tasks);
  expect([part.task?.ID, part.failures]).toEqual(["ccc", 1]);
  expect(partDetails(part, undefined)).toMatchObject({
    id: "s1",
    name: "nitro-alice-service",
    status: "running",
    health: "starting",
    restartCount: 1,
  });
});

test("one that was updated a moment ago has no task yet, and does not run", () => {
  const part = swarmPart(service, [task("a", "old", "running")]);
  expect(partDetails(part, undefined)).toMatchObject({
    running: false,
    status: "created",
    labels: { "nitro.stack": "alice", "nitro.executable": "ab" },
  });
});

test("its port is the one that the tunnel opens, as its label says; any other has none", () => {
  const port = { hostIp: "127.0.0.1", hostPort: 21000, containerPort: 80, protocol: "tcp" };
  const labelled = { ...service, Spec: { ...service.Spec, Labels: { "nitro.port": "21000:80" } } };
  expect(partDetails(swarmPart(labelled, []), undefined).ports).toEqual([port]);
  expect(partDetails(swarmPart(service, []), undefined).ports).toEqual([]);
});

test("a forced update of the same declaration is another one", () => {
  const forced = { ...service, Spec: { ...service.Spec, TaskTemplate: template("new", 1) } };
  expect(swarmPart(forced, [task("a", "new", "running")]).task).toBeUndefined();
});

test("on a network there are services in place of their tasks; its own tasks and the swarm's load balancer are left out", () => {
  const id = "x".repeat(25);
  const names = ["lb-nitro-alice", "nitro-alice-endpoint", `nitro-alice-redis.1.${id}`, `guest.2.${id}`, "by-hand.1"];
  expect(containersIn("nitro-alice", names)).toEqual(["guest", "by-hand.1"]);
});

interface Fake {
  readonly server: Server;
  readonly asked: string[];
  readonly host: string;
}

let folder: string;
let fakes: Fake[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-swarm-"));
});

afterEach(() => {
  for (const { server } of fakes) server.close();
  fakes = [];
  rmSync(folder, { recursive: true, force: true });
});

/** @param answers by method and path; everything else is 404 */
async function fake(answers: Readonly<Record<string, unknown>>): Promise<Fake> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(`http://x${request.url}`);
    asked.push(`${request.method} ${pathname}`);
    const answer = answers[`${request.method} ${pathname}`];
    response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? { message: "there is none" }));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const made = { server, asked, host: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` };
  fakes.push(made);
  return made;
}

const manager = (nodeLabels: Record<string, string>) => ({
  "GET /services": [service],
  "GET /tasks": [task("a", "new", "running")],
  "GET /info": { Swarm: { NodeID: "n1", NodeAddr: "10.0.0.1", ControlAvailable: true } },
  "GET /nodes/n2": { ID: "n2", Spec: { Labels: nodeLabels }, Description: { Hostname: "node2" }, Status: { State: "ready" } },
  "POST /services/s1/update": {},
  "DELETE /services/s1": {},
});

test("a command for a part is given to the engine of the node that runs it", async () => {
  const node = await fake({ "POST /containers/c-a/exec": { Id: "e1" }, "POST /exec/e1/start": {}, "GET /exec/e1/json": { ExitCode: 0 } });
  const { host } = await fake(manager({ "nitro.engine": node.host }));
  await Engine.connect({ DOCKER_HOST: host }).startExec("nitro-alice-service", ["true"]);
  expect(node.asked).toEqual(["POST /containers/c-a/exec", "GET /exec/e1/json", "POST /exec/e1/start"]);
});

test("where that engine is not known, it is said which label is missing; the manager tells how the part is", async () => {
  const { host } = await fake(manager({}));
  const engine = Engine.connect({ DOCKER_HOST: host });
  const error = await engine.exec("nitro-alice-service", ["true"]).catch((thrown: Error) => thrown);
  expect(error).toMatchObject({
    message: "nitro-alice-service runs on node node2, and where that node's engine answers is not known",
    hint: "docker node update --label-add nitro.engine=ssh://user@node2 node2",
  });
  expect(await engine.inspect("nitro-alice-service")).toMatchObject({ id: "s1", running: true, health: "healthy" });
});

test("a node that the swarm has lost is not asked: the part's words are the manager's, and a command says where it ran", async () => {
  const node = await fake({});
  const down = { ID: "n2", Spec: { Labels: { "nitro.engine": node.host } }, Description: { Hostname: "node2" }, Status: { State: "down" } };
  const { host } = await fake({ ...manager({}), "GET /nodes/n2": down });
  const engine = Engine.connect({ DOCKER_HOST: host });
  await expect(engine.exec("nitro-alice-service", ["true"])).rejects.toThrow(
    "nitro-alice-service ran on node node2, which the swarm has lost",
  );
  expect(await engine.inspect("nitro-alice-service")).toMatchObject({ id: "s1", running: true });
  expect(node.asked).toEqual([]);
});

test("an engine of a node that is gone before the manager has noticed is told of, and not asked again at once", async () => {
  const node = await fake({});
  node.server.close();
  const { host } = await fake(manager({ "nitro.engine": node.host }));
  const engine = Engine.connect({ DOCKER_HOST: host });
  await expect(engine.exec("nitro-alice-service", ["true"])).rejects.toThrow(
    /^nitro-alice-service runs on node node2, whose engine gives no answer: .*connection refused/,
  );
  await expect(engine.exec("nitro-alice-service", ["true"])).rejects.toThrow(`${node.host} was asked a moment ago`);
  expect(await engine.inspect("nitro-alice-service")).toMatchObject({ running: true, health: "healthy" });
});

test("a command on one node does not wait for another one that gives no answer", async () => {
  const mute = createServer(() => undefined).listen(0, "127.0.0.1");
  await new Promise((resolve) => mute.once("listening", resolve));
  const lost = `tcp://127.0.0.1:${(mute.address() as AddressInfo).port}`;
  const node = await fake({ "POST /containers/c-a/exec": { Id: "e1" }, "POST /exec/e1/start": {}, "GET /exec/e1/json": { ExitCode: 0 } });
  const raw = (id: string, name: string, engine: string) => ({
    ...{ ID: id, Spec: { Labels: { "nitro.engine": engine } }, Description: { Hostname: name }, Status: { State: "ready" } },
  });
  const other = { ...service, ID: "s2", Spec: { ...service.Spec, Name: "nitro-alice-worker" } };
  const { host } = await fake({
    ...manager({}),
    "GET /services": [service, other],
    "GET /tasks": [task("a", "new", "running"), task("b", "new", "running", { ServiceID: "s2", NodeID: "n3" })],
    "GET /nodes/n2": raw("n2", "node2", node.host),
    "GET /nodes/n3": raw("n3", "node3", lost),
  });
  const engine = Engine.connect({ DOCKER_HOST: host });
  const unheard = engine.exec("nitro-alice-worker", ["true"]);
  await engine.startExec("nitro-alice-service", ["true"]);
  expect(node.asked.at(-1)).toBe("POST /exec/e1/start");
  mute.closeAllConnections();
  await expect(unheard).rejects.toThrow("nitro-alice-worker runs on node node3, whose engine gives no answer");
  mute.close();
});

test("a part is stopped once no node that is there runs it, and has exited then", async () => {
  const nodes = [
    { ID: "n2", Status: { State: "ready" } },
    { ID: "n3", Status: { State: "down" } },
  ];
  const onLost = task("bb", "new", "running", { NodeID: "n3", DesiredState: "shutdown" });
  const tasks = [task("a", "new", "running"), onLost];
  const { host, asked } = await fake({ ...manager({}), "GET /nodes": nodes, "GET /tasks": tasks });
  const stopped = Engine.connect({ DOCKER_HOST: host }).stop("nitro-alice-service");
  await expect.poll(() => asked.filter((call) => call === "GET /nodes").length, { timeout: 10_000 }).toBeGreaterThan(1);
  tasks.shift();
  await stopped;
  const none = { ...service, Spec: { ...service.Spec, Mode: { Replicated: { Replicas: 0 } } } };
  expect(partDetails(swarmPart(none, []), undefined)).toMatchObject({ status: "exited", running: false });
});

test("a part is started once its task is, and removed once its containers on this node are", async () => {
  const fresh = task("a", "new", "assigned");
  const containers = [{ Id: "c-a" }];
  const { host, asked } = await fake({ ...manager({}), "GET /tasks": [fresh], "GET /nodes": [], "GET /containers/json": containers });
  const engine = Engine.connect({ DOCKER_HOST: host });
  const count = (call: string) => asked.filter((each) => each === call).length;
  const started = engine.restart("nitro-alice-service");
  await expect.poll(() => count("GET /tasks"), { timeout: 10_000 }).toBeGreaterThan(2);
  fresh.Status.State = "starting";
  await started;
  const removed = engine.removeContainer("nitro-alice-service", { force: true });
  await expect.poll(() => count("GET /containers/json"), { timeout: 10_000 }).toBeGreaterThan(1);
  containers.pop();
  await removed;
});

test("the node that keeps a stack's data is the one that its services are kept on", async () => {
  const kept = { ...service, Spec: { ...service.Spec, TaskTemplate: { ...template("new"), Placement: { Constraints: ["node.id==n2"] } } } };
  const { host } = await fake({ ...manager({}), "GET /services": [service, kept] });
  const labels = { "nitro.stack": "alice" };
  expect(await Engine.connect({ DOCKER_HOST: host }).swarmDataNode(labels)).toEqual({ id: "n2", name: "node2", lost: false });
  const anywhere = await fake(manager({}));
  expect(await Engine.connect({ DOCKER_HOST: anywhere.host }).swarmDataNode(labels)).toBeUndefined();
});

test("a part is restarted and removed as a service: another task would take a container's place", async () => {
  const { host, asked } = await fake(manager({}));
  const engine = Engine.connect({ DOCKER_HOST: host });
  await engine.restart("nitro-alice-service");
  await engine.removeContainer("nitro-alice-service", { force: true });
  expect(asked.filter((call) => !call.startsWith("GET"))).toEqual([
    "POST /containers/nitro-alice-service/restart",
    "POST /services/s1/update",
    "DELETE /containers/nitro-alice-service",
    "DELETE /services/s1",
  ]);
});

test("a list has a service once, not the containers of its tasks; an engine that manages no swarm lists as ever", async () => {
  const container = (name: string, labels: Record<string, string>) => ({
    ...{ Id: name, Names: [`/${name}`], Image: "i", ImageID: "i", Command: "", State: "running", Status: "Up", Created: 0 },
    ...{ Labels: labels, Ports: [] },
  });
  const own = [container("plain", {}), container(`nitro-alice-service.1.a`, { "com.docker.swarm.service.name": "nitro-alice-service" })];
  const swarm = await fake({ ...manager({}), "GET /containers/json": own });
  const names = async (host: string) => (await Engine.connect({ DOCKER_HOST: host }).containers()).map(({ name }) => name);
  expect(await names(swarm.host)).toEqual(["plain", "nitro-alice-service"]);
  const single = await fake({ "GET /containers/json": own.slice(0, 1) });
  const engine = Engine.connect({ DOCKER_HOST: single.host });
  for (let time = 0; time < 3; time++) expect((await engine.containers()).map(({ name }) => name)).toEqual(["plain"]);
  expect(single.asked.filter((call) => call === "GET /services")).toHaveLength(1);
});
