import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import type { StackContext } from "../../components/context.ts";
import { LocalStack } from "../../components/localstack.ts";
import { StackPart } from "../../components/part.ts";
import { type PartContext, partContext } from "../../components/part-context.ts";
import { Redis } from "../../components/redis.ts";
import { extras } from "../../examples/extras/postgres.ts";
import { stackNames, stackPorts } from "../../model/names.ts";
import { parseSettings } from "../../model/settings.ts";
import { policies } from "../../policies/all.ts";
import { markedSecrets } from "../../policies/marked-secrets.ts";
import { evaluate } from "../../policies/policy.ts";
import { recordResources, resolved } from "./recorder.ts";

const waited: string[] = [];
const stack: StackContext = {
  names: stackNames("alice"),
  ports: stackPorts(21_000),
  owner: "0123456789abcdef",
  memory: parseSettings({}, "alice").memory,
  healthy: async (part, id) => {
    await resolved(id);
    waited.push(part);
  },
  operators: async () => ({ vault: "", operators: [] }),
  putSecrets: async ({ role }) => `mark of ${role}`,
};

/** Declares with nothing but the context that a team's own module gets. */
async function declare(work: (context: PartContext) => unknown) {
  waited.length = 0;
  const resources = await recordResources("alice", false, async () => {
    const parent = new pulumi.ComponentResource("nitro:stack:Developer", "nitro");
    await work(partContext(stack, new docker.Network("network", { name: "nitro-alice" }, { parent }), parent));
    // What is still on its way would reach the next test's engine, which knows nothing of it.
    await (pulumi.runtime as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs();
  });
  return { resources, inputs: (name: string) => resources.find((each) => each.name === name)?.inputs as Record<string, unknown> };
}

test("two of our own parts are declared by that context alone", async () => {
  const { inputs } = await declare(async (context) => {
    const redis = new Redis("redis", { context, image: "sha256:1" });
    const localstack = new LocalStack("localstack", { context, image: "sha256:2", services: ["s3"], certificates: undefined });
    await Promise.all([redis.ready, localstack.ready]);
  });
  expect(waited.sort()).toEqual(["localstack", "redis"]);
  expect(inputs("redis-container")).toMatchObject({
    name: "nitro-alice-redis",
    memory: 256,
    ports: [{ internal: 6380, external: 21_001, ip: "127.0.0.1" }],
  });
  expect(inputs("redis-data")).toMatchObject({ name: "nitro-alice-redis" });
  expect(inputs("localstack-container")).toMatchObject({ ports: [{ external: 21_002 }] });
});

test("the example in 25 lines keeps every policy, is named and found like our own parts, and waited for", async () => {
  const { resources, inputs } = await declare(async (context) => {
    await extras(context);
    await new Promise((resolve) => setTimeout(resolve, 100));
  });
  const held = policies.filter((policy) => policy !== markedSecrets);
  expect(
    evaluate(
      held,
      resources.map(({ type, name, inputs: props }) => ({ type, name, props })),
    ),
  ).toEqual([]);
  expect(waited).toEqual(["postgres"]);
  expect(inputs("postgres-container")).toMatchObject({
    name: "nitro-alice-postgres",
    hostname: "postgres",
    memory: 256,
    readOnly: true,
    user: "1000:1000",
    networksAdvanced: [{ name: "nitro-alice", aliases: ["postgres"] }],
    ports: [{ internal: 5432, external: 21_004, ip: "127.0.0.1" }],
    volumes: [{ volumeName: "nitro-alice-postgres.data", containerPath: "/var/lib/postgresql/data", readOnly: false }],
    labels: expect.arrayContaining([{ label: "nitro.role", value: "postgres" }]),
  });
  expect(inputs("postgres-image")).toMatchObject({ keepLocally: true });
});

test.each(["keys", "feeder", "my-db", "DB", "", "x".repeat(21)])("a part of a team's own is not named %j", async (name) => {
  class Own extends StackPart {
    readonly ready = new Promise<never>(() => {});
    constructor(context: PartContext) {
      super("Own", name, "own", context);
    }
  }
  await declare((context) => {
    expect(() => new Own(context)).toThrow(/^a part of a team's own cannot be named/);
  });
});
