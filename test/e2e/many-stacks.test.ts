import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { stackOutputs } from "../../testing/outputs.ts";
import { buildSample } from "./build-sample.ts";
import { engineResources, nitro, nitroJson } from "./nitro.ts";

const stacks = ["e2e-four-a", "e2e-four-b", "e2e-four-c", "e2e-four-d"] as const;
const scratch = mkdtempSync(join(tmpdir(), "nitro-e2e-"));

async function allDown(): Promise<void> {
  for (const stack of stacks) await nitro("down", "-s", stack, "--yes");
}

beforeAll(allDown);
afterAll(async () => {
  await allDown();
  rmSync(scratch, { recursive: true, force: true });
});

test("four stacks that come up at the same time all end healthy and unsealed, and pay", async () => {
  await Promise.all(stacks.map((stack) => nitro("up", "-s", stack)));
  for (const stack of stacks) {
    expect(await nitroJson<StackStatus>("status", "-s", stack)).toMatchObject({ healthy: true, sealed: false, shares: 2 });
  }
  const ports = (await Promise.all(stacks.map((stack) => stackOutputs(stack)))).flatMap(({ ports: each }) => Object.values(each));
  expect(new Set(ports).size).toBe(4 * stacks.length);
  await Promise.all(stacks.map((stack) => nitro("pay", "-s", stack, "--count", "5")));
});

test("swaps in three of them at the same time touch nothing else", async () => {
  const [bystander, ...others] = stacks;
  const before = await Promise.all(stacks.map(engineResources));
  const binary = await buildSample(join(scratch, "payments"), "many");
  await Promise.all(others.map((stack) => nitro("swap", "-s", stack, "--binary", binary)));
  expect(await engineResources(bystander)).toEqual(before[0]);
  for (const [index, stack] of others.entries()) {
    const { service, worker, ...rest } = (await engineResources(stack)).containers;
    const was = before[index + 1]?.containers ?? {};
    expect(was).toMatchObject(rest);
    expect([was.service, was.worker]).not.toContain(service);
    expect([was.service, was.worker]).not.toContain(worker);
    expect(await nitroJson<StackStatus>("status", "-s", stack)).toMatchObject({ healthy: true });
    expect(await (await fetch(`${(await stackOutputs(stack)).serviceUrl}/health-check`)).text()).toContain("many");
  }
});
