import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { Engine } from "../../docker/engine.ts";
import { unsealedWords } from "../../key-feeder/contract.ts";
import { stackNames } from "../../model/names.ts";
import { nitro, nitroJson, root } from "./nitro.ts";

const stack = "e2e-sealing";
const engine = Engine.connect();
const service = stackNames(stack).containers.service;

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  await nitro("up", "-s", stack);
});
afterAll(() => nitro("down", "-s", stack, "--yes"));

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
  expect(await nitroJson<StackStatus>("status", "-s", stack)).toMatchObject({ healthy: true, sealed: false });
  expect(await nitro("up", "-s", stack)).toContain("is up, unsealed: nothing to change");
  expect(await run()).toEqual(before);
});
