import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { Engine } from "../../docker/engine.ts";
import { unsealedWords } from "../../key-feeder/contract.ts";
import { stackNames } from "../../model/names.ts";
import { nitro, nitroJson, root, tryNitro } from "./nitro.ts";

const stack = "e2e-sealing";
const engine = Engine.connect();
const service = stackNames(stack).containers.service;

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  await nitro("up", "-s", stack);
});
afterAll(() => nitro("down", "-s", stack, "--yes"));

const sealing = () => nitroJson<StackStatus>("status", "-s", stack);

/** The run of the service that is there. */
async function run() {
  const details = await engine.inspect(service);
  return { id: details?.id, startedAt: details?.startedAt };
}

async function saysUnsealed(): Promise<boolean> {
  for await (const { line } of engine.logs(service)) if (line.includes(unsealedWords)) return true;
  return false;
}

test("a service whose log no longer says that it is unsealed is neither taken for a sealed one nor restarted by up", async () => {
  const before = await run();
  // The engine reads what the program's first process writes.
  const line = `{"level":"debug","message":"${"much to tell ".repeat(10)}"}`;
  const { exitCode, output } = await engine.exec(service, ["sh", "-c", `yes '${line}' | head -c 60000000 > /proc/1/fd/2`]);
  expect({ exitCode, output }).toEqual({ exitCode: 0, output: "" });
  expect(await saysUnsealed()).toBe(false);
  rmSync(join(root, ".nitro", stack, "unsealed"), { force: true });
  expect(await sealing()).toMatchObject({ healthy: true, sealed: false });
  expect(await nitro("up", "-s", stack)).toContain("is up, unsealed: nothing to change");
  expect(await run()).toEqual(before);
});

test("for one run of the service its shares are the operators' to bring; the container stays, and so do the settings", async () => {
  const { id } = await run();
  const restarted = await nitro("restart", "-s", stack, "--bootstrap", "manual");
  expect(restarted).toContain("the service is sealed, 0 of 2 shares");
  expect(await sealing()).toMatchObject({ healthy: true, sealed: true, shares: 0 });
  await nitro("operator", "share", "put", "-s", stack, "--operator", "1");
  expect(await nitro("operator", "share", "put", "-s", stack, "--operator", "2")).toContain("is unsealed");
  expect(await nitro("operator", "share", "rm", "-s", stack, "--operator", "1")).toContain("is taken away");
  expect(await nitro("restart", "-s", stack, "redis")).toContain("redis runs again, the service is unsealed");

  expect(await nitro("restart", "-s", stack)).toContain("the service is unsealed");
  expect(await sealing()).toMatchObject({ healthy: true, sealed: false, shares: 2 });
  expect((await run()).id).toBe(id);
});

test("up ends it, and what the settings say counts", async () => {
  const { id } = await run();
  await nitro("restart", "-s", stack, "--bootstrap", "manual");
  expect(await nitro("up", "-s", stack)).toContain("is up, unsealed: nothing to change");
  expect(await sealing()).toMatchObject({ healthy: true, sealed: false, shares: 2 });
  expect((await run()).id).toBe(id);
});

test("for a run of what is not restarted, or would lose it, it is refused", async () => {
  const redis = await tryNitro("restart", "-s", stack, "redis", "--bootstrap", "manual");
  expect([redis.code, redis.stderr]).toEqual([1, expect.stringContaining("--bootstrap is for the service, which is not restarted")]);
  const both = await tryNitro("restart", "-s", stack, "service", "localstack", "--bootstrap", "manual");
  expect([both.code, both.stderr]).toEqual([1, expect.stringContaining("restart that first, by itself")]);
});
