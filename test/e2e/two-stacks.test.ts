import { createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { Engine } from "../../docker/engine.ts";
import { stackNames } from "../../model/names.ts";
import { stackOutputs } from "../../testing/outputs.ts";
import { engineResources, nitro, nitroJson, run, tryNitro } from "./nitro.ts";

const [one, two] = ["e2e-one", "e2e-two"];
const stacks = [one, two];

beforeAll(async () => {
  for (const stack of stacks) await nitro("down", "-s", stack, "--yes");
});

afterAll(async () => {
  for (const stack of stacks) await nitro("down", "-s", stack, "--yes");
});

test("a stack comes up where the engine has no addresses left to give", async () => {
  const engine = Engine.connect();
  const fillers: string[] = [];
  const create = async () => {
    const name = `${one}-filler-${fillers.length}`;
    await engine.createNetwork(name, { "nitro.test": one });
    fillers.push(name);
  };
  try {
    await expect(
      (async () => {
        for (;;) await create();
      })(),
    ).rejects.toThrow(/address pool/);
    await nitro("up", "-s", one);
    expect((await engine.networks()).find(({ name }) => name === stackNames(one).network)?.subnets).toEqual([
      expect.stringMatching(/^10\.213\.\d+\.\d+\/26$/),
    ]);
  } finally {
    for (const name of fillers) await engine.removeNetwork(name);
  }
  expect(await nitro("up", "-s", one)).toMatch(/nothing to change/);
});

test("two stacks come up side by side and share nothing", async () => {
  await nitro("up", "-s", two);
  const [first, second] = [await stackOutputs(one), await stackOutputs(two)];
  expect(new Set([...Object.values(first.ports), ...Object.values(second.ports)]).size).toBe(8);
  expect(first.redisUrl).not.toBe(second.redisUrl);
  await Promise.all(stacks.map((stack) => nitro("pay", "-s", stack, "--count", "2")));
});

test("a stack sees only its own ledger", async () => {
  const { ledgerEndpoint } = await stackOutputs(one);
  const listed = await fetch(`${ledgerEndpoint}/ledgers`, { headers: { authorization: "AWS4-HMAC-SHA256 made up" } });
  expect((await listed.json()) as object).toMatchObject({ Ledgers: [{ Name: stackNames(one).ledgerName }] });
});

test.each([
  ["a stopped container", async (engine: Engine) => engine.stop(stackNames(one).containers.redis)],
  ["a killed container", async (engine: Engine) => engine.kill(stackNames(one).containers.ledger)],
  ["a removed container", async (engine: Engine) => engine.removeContainer(stackNames(one).containers["key-feeder"], { force: true })],
  [
    "a removed network",
    async (engine: Engine) => {
      const names = stackNames(one);
      for (const container of Object.values(names.containers)) await engine.removeContainer(container, { force: true });
      await engine.removeNetwork(names.network);
    },
  ],
  [
    "a network whose containers were cut off",
    async () => {
      const names = stackNames(one);
      for (const container of Object.values(names.containers))
        await run("docker", ["network", "disconnect", "-f", names.network, container]);
      await run("docker", ["network", "rm", names.network]);
    },
  ],
  [
    "a removed volume",
    async (engine: Engine) => {
      const names = stackNames(one);
      await engine.removeContainer(names.containers.redis, { force: true });
      await engine.removeVolume(names.volumes.redis);
    },
  ],
])("up heals %s", async (_what, damage) => {
  await damage(Engine.connect());
  await nitro("up", "-s", one);
  expect(await nitroJson<StackStatus>("status", "-s", one)).toMatchObject({ healthy: true, sealed: false });
  await nitro("pay", "-s", one, "--count", "1");
});

test("a port in use is named with its holder and a base that is free, and nothing is left behind", async () => {
  const server = createServer();
  const { ports } = await stackOutputs(two);
  await nitro("down", "-s", two, "--yes");
  await new Promise<void>((listening) => server.listen(ports.redis, "127.0.0.1", listening));
  try {
    const refused = await tryNitro("up", "-s", two);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(new RegExp(`port ${ports.redis} on 127.0.0.1, needed by redis, is in use by process ${process.pid}`));
    expect(refused.stderr).toMatch(/nitro:ports.base 2\d{4}/);
    expect(refused.stderr).not.toContain("built");
    expect((await engineResources(two)).containers).toEqual({});
  } finally {
    await new Promise((closed) => server.close(closed));
  }
});

test("somebody else's container of the same name is named and never touched", async () => {
  const name = stackNames(two).containers.redis;
  const { imageId } = (await Engine.connect().inspect(stackNames(one).containers.redis)) ?? { imageId: "" };
  await run("docker", ["create", "--name", name, "--label", "nitro.test=e2e", imageId, "true"]);
  try {
    const refused = await tryNitro("up", "-s", two);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(name);
    expect(refused.stderr).not.toContain("built");
    expect(await Engine.connect().inspect(name)).toBeDefined();
    await nitro("down", "-s", two, "--yes");
    expect(await Engine.connect().inspect(name)).toBeDefined();
  } finally {
    await Engine.connect().removeContainer(name, { force: true });
  }
});

test("a typo in the settings is told with all others, before anything happens", async () => {
  const environment = JSON.parse(await nitro("env", "--json")) as Record<string, string>;
  await run("pulumi", ["config", "set", "-s", one, "--path", "nitro:bootstrap", "sometimes"], { env: environment });
  await run("pulumi", ["config", "set", "-s", one, "--path", "nitro:imagse.redis", "x"], { env: environment });
  const refused = await tryNitro("up", "-s", one);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('nitro:bootstrap is "sometimes": allowed are auto, manual');
  expect(refused.stderr).toContain("did you mean images?");
  expect(refused.stderr).not.toMatch(/^\s+at /m);
});

test("a container of yours on the stack's network is named by down, which takes it off when told to", async () => {
  const engine = Engine.connect();
  const { network, containers } = stackNames(one);
  const before = await engineResources(one);
  const image = (await engine.inspect(containers.service))?.imageId ?? "";
  const guest = `${containers.service}-guest`;
  await engine.create(guest, { image, entrypoint: ["sleep", "600"], network, labels: { "nitro.test": one } });
  try {
    await engine.start(guest);
    const refused = await tryNitro("down", "-s", one, "--yes");
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(`${guest} is on the network of stack "${one}"`) });
    expect(refused.stderr).toContain(`docker network disconnect ${network} ${guest}`);
    expect(await engineResources(one)).toEqual(before);
    await nitro("down", "-s", one, "--yes", "--force");
    expect((await engine.inspect(guest))?.running).toBe(true);
  } finally {
    await engine.removeContainer(guest, { force: true });
  }
});

test("down of one leaves the other alone", async () => {
  expect(await engineResources(one)).toEqual({ containers: {}, networks: [], volumes: [], notes: [] });
  await nitro("up", "-s", two, "--bootstrap", "manual");
  expect(await nitroJson<StackStatus>("status", "-s", two)).toMatchObject({ sealed: true, shares: 0 });
});
