import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { describe, expect, test } from "vitest";
import { policies } from "../../policies/all.ts";
import { Guard } from "../../stacks/guard.ts";
import { recordResources } from "../components/recorder.ts";

const sound: docker.ContainerArgs = { image: `x:${"0a".repeat(8)}`, memory: 64 };

/** Declares containers below a component with a guard. @returns the names of what was registered, and how the guard judged */
async function declare(args: (parent: pulumi.Resource) => readonly Partial<docker.ContainerArgs>[], dryRun = false) {
  const uncaught: unknown[] = [];
  const guard = new Guard(policies);
  let judged: unknown = "open";
  let waited: unknown = "waits";
  const collect = (error: unknown) => uncaught.push(error);
  process.on("unhandledRejection", collect);
  try {
    const resources = await recordResources("alice", dryRun, async () => {
      const parent = new pulumi.ComponentResource("test:Component", "parent", {}, { transformations: [guard.transformation] });
      for (const [index, each] of args(parent).entries()) new docker.Container(`c${index}`, { ...sound, ...each }, { parent });
      guard.orFinding(new Promise<never>(() => {})).catch((error: unknown) => {
        waited = error;
      });
      judged = await guard.open().catch((error: unknown) => error);
      // Mocks answer within some turns of the event loop.
      for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    });
    return { names: resources.map(({ name }) => name), judged, waited, uncaught };
  } finally {
    process.off("unhandledRejection", collect);
  }
}

const message = (error: unknown) => (error instanceof pulumi.RunError ? error.message : `no RunError: ${String(error)}`);

describe.each([[false], [true]])("a guard, dry run %s", (dryRun) => {
  test("lets pass what keeps the policies", async () => {
    const { names, judged } = await declare(() => [{}, { ports: [{ internal: 1, ip: "127.0.0.1" }] }], dryRun);
    expect(judged).toBeUndefined();
    expect(names).toEqual(["parent", "c0", "c1"]);
  });

  test("creates nothing where one of the resources breaks a policy, and names every finding", async () => {
    const { names, judged, waited } = await declare(() => [{}, { privileged: true }, { memory: 0 }], dryRun);
    expect(waited).toBe(judged);
    expect(names).toEqual(["parent"]);
    expect(message(judged)).toMatch(
      /policies are broken, 2 times; nothing was changed:\n {2}- c1: it is privileged.*\n {2}- c2: it may use all memory/,
    );
  });

  test("sees through outputs that depend on nothing", async () => {
    const { names, judged } = await declare(() => [{ ports: pulumi.output([{ internal: 1 }]).apply((ports) => ports) }], dryRun);
    expect(names).toEqual(["parent"]);
    expect(message(judged)).toContain("port 1 is published on every address");
  });
});

test("what is known only once another resource is there stops its own resource", async () => {
  const text = (parent: pulumi.Resource) => new random.RandomPassword("made", { length: 8 }, { parent }).result;
  const { names, judged, uncaught, waited } = await declare((parent) => [{ image: pulumi.interpolate`x:${text(parent)}` }]);
  expect(judged).toBeUndefined();
  expect(names).toEqual(["parent", "made"]);
  expect(message(waited)).toMatch(/^a policy is broken; c0 was not touched/);
  expect(uncaught.map(message).join()).toMatch(/a policy is broken; c0 was not touched:\n {2}- c0: image x:made-made may be another one/);
});

test("an executable that is still being built holds nothing else up", async () => {
  const never = new Promise<string>(() => {});
  const { names, judged } = await declare(() => [{}, { command: [never] }]);
  expect(judged).toBeUndefined();
  expect(names).toEqual(["parent", "c0"]);
});

test("a marked secret passes, whatever it is called, and one that is not marked fails", async () => {
  const envs = (value: pulumi.Input<string>) => [{ envs: [pulumi.interpolate`REDIS_PASS=${value}`] }];
  expect((await declare(() => envs(pulumi.secret("hunter2")))).judged).toBeUndefined();
  const { judged } = await declare(() => envs("hunter2"));
  expect(message(judged)).toContain("variable REDIS_PASS is in plain text");
  expect(message(judged)).not.toContain("hunter2");
});
