import { createServer, type Server } from "node:net";
import { basename } from "node:path";
import { afterEach, expect, test } from "vitest";
import { portHolder, portIsFree } from "../../common/ports.ts";
import type { ContainerDetails, ContainerSummary, NetworkSummary } from "../../docker/engine.ts";
import { stackNames, stackPorts } from "../../model/names.ts";
import { freePortBase } from "../../model/port-base.ts";
import { preflight } from "../../stacks/preflight.ts";

const args = { names: stackNames("alice"), ports: stackPorts(28130), owner: "me" };
const ours = { "nitro.owner": "me", "nitro.stack": "alice" };
const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done))));
});

function listen(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    servers.push(server);
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

function container(name: string, labels: Record<string, string>, port?: number): ContainerSummary {
  const ports = port === undefined ? [] : [{ hostIp: "127.0.0.1", hostPort: port, containerPort: 1, protocol: "tcp" }];
  return {
    ...{ id: name, name, image: "i", imageId: "i", command: "", state: "running", status: "Up", health: undefined },
    ...{ labels, created: "", ports, networks: [] },
  };
}

function engine(containers: ContainerSummary[], networks: NetworkSummary[] = [], volumes: NetworkSummary[] = []) {
  const inspect = async () => undefined;
  return { host: "unix:///x", containers: async () => containers, inspect, networks: async () => networks, volumes: async () => volumes };
}

test("nothing in the way: our own containers come back", async () => {
  const own = container(args.names.containers.redis, ours);
  const bob = container("nitro-bob-redis", { "nitro.owner": "me", "nitro.stack": "bob" });
  expect(await preflight(engine([own, bob]), args)).toEqual([own]);
});

test("resources of the same name that are not ours are named, all at once", async () => {
  const network = { id: "n", name: args.names.network, labels: {}, created: "", subnets: [] };
  const volume = { id: "v", name: args.names.volumes.keys, labels: { "nitro.owner": "you" }, created: "", subnets: [] };
  const found = preflight(engine([container(args.names.containers.redis, { "nitro.owner": "you" })], [network], [volume]), args);
  await expect(found).rejects.toThrow(
    /container nitro-alice-redis exists already and belongs to another owner \(you; this backend is me\).*docker rm -f nitro-alice-redis/,
  );
  await expect(found).rejects.toThrow(/network nitro-alice exists already and does not carry our label.*docker network rm nitro-alice/);
  await expect(found).rejects.toThrow(/volume nitro-alice-keys exists already.*docker volume rm nitro-alice-keys/);
});

test("what another stack of the same owner has made is left alone, too", async () => {
  const volume = {
    id: "v",
    name: args.names.volumes.keys,
    labels: { "nitro.owner": "me", "nitro.stack": "bob" },
    created: "",
    subnets: [],
  };
  await expect(preflight(engine([], [], [volume]), args)).rejects.toThrow(
    'volume nitro-alice-keys exists already and belongs to stack "bob": it is left alone',
  );
});

test("a port that a process holds: who, and a base that is free", async () => {
  const port = await listen(0);
  const base = port - (port % 10);
  const found = preflight(engine([]), { ...args, ports: { ...stackPorts(base), service: port } });
  await expect(found).rejects.toThrow(new RegExp(`port ${port} on 127.0.0.1, needed by service, is in use by process ${process.pid} \\(`));
  await expect(found).rejects.toThrow(/pulumi config set --stack alice --path nitro:ports.base 2\d{4}/);
});

test("a port that our own container publishes while it crashes over and over is not taken; another one is", async () => {
  const port = await listen(0);
  const own = { ...container(args.names.containers.service, ours), state: "restarting" as const };
  const publishing = (hostPort: number) => ({
    ...engine([own]),
    inspect: async () =>
      ({ bindings: [{ hostIp: "127.0.0.1", hostPort, containerPort: 1, protocol: "tcp" }] }) as unknown as ContainerDetails,
  });
  const ports = { ...stackPorts(port - (port % 10)), service: port };
  expect(await preflight(publishing(port), { ...args, ports })).toEqual([own]);
  await expect(preflight(publishing(port + 1), { ...args, ports })).rejects.toThrow(`port ${port} on 127.0.0.1, needed by service`);
});

test("a port that another stack's container holds names the container", async () => {
  const other = container("nitro-bob-service", { "nitro.owner": "me", "nitro.stack": "bob" }, args.ports.service);
  await expect(preflight(engine([other]), args)).rejects.toThrow(
    `port ${args.ports.service} on 127.0.0.1, needed by service, is in use by container nitro-bob-service`,
  );
});

test("a port that our own container holds is fine", async () => {
  const port = await listen(0);
  await preflight(engine([container(args.names.containers.service, ours, port)]), {
    ...args,
    ports: { ...stackPorts(28130), service: port },
  });
});

test("the holder of a port is found by its process id, a free one has none", async () => {
  const port = await listen(0);
  expect(await portIsFree(port)).toBe(false);
  expect(await portHolder(port)).toBe(`process ${process.pid} (${basename(process.argv0)})`);
  servers.splice(0).forEach((server) => void server.close());
  expect(await portHolder(port)).toBeUndefined();
});

test("a free base is looked for above the taken one, round the whole range", async () => {
  const taken = new Set([29990, 20001]);
  expect(await freePortBase(29980, async (port) => !taken.has(port))).toBe(20010);
  expect(await freePortBase(20000, async () => false)).toBeUndefined();
});
