import * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, test } from "vitest";
import { type Role, roles } from "../../model/names.ts";
import type { PreparedStack } from "../../stacks/prepare.ts";
import { executableHash, preparedStack } from "./prepared.ts";
import { type Recorded, recordResources, resolved } from "./recorder.ts";

const sha256 = executableHash;
const operator = (name: string) => ({ name, privateKey: "pem", publicKey: `ssh-ed25519 AAAA ${name}`, share: "" });
const ofSettings = { env: {}, args: undefined, files: [], scratch: ["/var/cache"], ulimits: [] };
const published: string[] = [];

function prepared(): PreparedStack {
  return preparedStack(
    { "nitro:runtime": "swarm" },
    {
      context: {
        operators: async () => ({ vault: "age1", operators: [operator("test-operator"), operator("test-operator2")], authority: "CA" }),
        swarm: {
          node: "n1",
          registry: "10.0.0.1:21009",
          registryImage: "localhost/nitro/registry:0a1b2c3d4e5f6071",
          publish: async (id) => {
            published.push(id);
            return `10.0.0.1:21009/payments@sha256:${sha256}`;
          },
        },
      },
      executable: { sha256, image: { id: "sha256:of-the-executable" } },
      programs: { service: ofSettings, worker: ofSettings },
    },
  );
}

let resources: Recorded[] = [];

beforeAll(async () => {
  resources = await recordResources("alice", false, async () => {
    const { DeveloperStack } = await import("../../stacks/developer.ts");
    const { outputs } = new DeveloperStack("nitro", prepared());
    await resolved(pulumi.all([outputs.service, outputs.worker]));
  });
});

interface TaskInputs {
  readonly labels: readonly { label: string; value: string }[];
  readonly endpointSpec: { readonly mode: string; readonly ports?: readonly object[] };
  readonly taskSpec: {
    readonly containerSpec: {
      readonly image: string;
      readonly labels: readonly { label: string }[];
      readonly mounts: readonly { type: string; source?: string; target: string; tmpfsOptions?: { readonly mode: number } }[];
      readonly stopGracePeriod?: string;
      readonly configs: readonly { fileName: string }[];
    };
    readonly networksAdvanceds: readonly { aliases: string[] }[];
    readonly placement: { readonly constraints: readonly string[] };
    readonly resources: { readonly limits: { readonly memoryBytes: number } };
  };
}

const ofType = (type: string) => resources.filter((resource) => resource.type === type);

function service(role: Role | "registry"): TaskInputs {
  const found = ofType("docker:index/service:Service").find(({ name }) => name === `${role}-service`);
  if (found === undefined) throw new Error(`no service for ${role}`);
  return found.inputs as unknown as TaskInputs;
}

test("a swarm's stack has services in place of containers, an overlay network, and a registry", () => {
  expect(ofType("docker:index/container:Container")).toEqual([]);
  expect(
    ofType("docker:index/service:Service")
      .map(({ name }) => name)
      .sort(),
  ).toEqual([...roles, "registry"].map((role) => `${role}-service`).sort());
  expect(ofType("docker:index/network:Network")[0]?.inputs).toMatchObject({ name: "nitro-alice", driver: "overlay" });
});

test.each(["redis", "localstack", "ledger", "key-feeder", "registry"] as const)(
  "%s keeps data: it stays on its node, by its image's id",
  (role) => {
    const { taskSpec } = service(role);
    expect(taskSpec.placement.constraints).toEqual(["node.id==n1"]);
    expect(taskSpec.containerSpec.image).toMatch(/^sha256:/);
    expect(taskSpec.containerSpec.mounts.some(({ type }) => type === "volume")).toBe(true);
  },
);

test.each(["service", "worker"] as const)(
  "%s runs on any node: no volume, an image of the registry, the operators' public keys as configs",
  (role) => {
    const { taskSpec } = service(role);
    const { image, mounts, configs } = taskSpec.containerSpec;
    expect(taskSpec.placement.constraints).toEqual([]);
    expect(image).toBe(`10.0.0.1:21009/payments@sha256:${sha256}`);
    expect(published).toContain("sha256:of-the-executable");
    expect(mounts.map(({ type, target }) => `${type} ${target}`)).toEqual(["tmpfs /tmp", "tmpfs /var/cache"]);
    const folder = "/payments/payment-test/secrets";
    expect(configs.map(({ fileName }) => fileName).slice(0, 2)).toEqual([`${folder}/test-operator.pub`, `${folder}/test-operator2.pub`]);
    const contents = ofType("docker:index/serviceConfig:ServiceConfig")
      .filter(({ name }) => name.startsWith(role))
      .map(({ inputs }) => Buffer.from(String(inputs.data), "base64").toString());
    expect(contents).toEqual(["ssh-ed25519 AAAA test-operator\n", "ssh-ed25519 AAAA test-operator2\n", "CA"]);
  },
);

test.each([...roles, "registry"] as const)("%s runs as all of ours do, and publishes nothing but the registry", (role) => {
  const { taskSpec, endpointSpec } = service(role);
  expect(taskSpec.containerSpec).toMatchObject({ user: "1000:1000", readOnly: true, init: true, capDrops: ["ALL"] });
  expect(taskSpec.resources.limits.memoryBytes).toBeGreaterThan(0);
  expect(taskSpec.networksAdvanceds[0]?.aliases).toContain(role);
  const port = { protocol: "tcp", targetPort: 5000, publishedPort: 21009, publishMode: "host" };
  expect(endpointSpec).toEqual(role === "registry" ? { mode: "dnsrr", ports: [port] } : { mode: "dnsrr" });
});

test.each(roles)("%s is declared as the plugin gives it back after a refresh, else a refresh would replace it", (role) => {
  const { taskSpec } = service(role);
  expect(taskSpec.networksAdvanceds).toEqual([expect.objectContaining({ id: expect.any(String) })]);
  expect(taskSpec.networksAdvanceds[0]).not.toHaveProperty("name");
  for (const { tmpfsOptions } of taskSpec.containerSpec.mounts.filter(({ type }) => type === "tmpfs"))
    expect(tmpfsOptions?.mode).toBe(0o777);
});

test("what keeps data has ended before the next one begins: the plugin waits for its containers, as long as they have to end", () => {
  for (const role of ["redis", "ledger", "key-feeder"] as const) expect(service(role).taskSpec.containerSpec.stopGracePeriod).toBe("30s");
  for (const role of ["service", "worker"] as const) expect(service(role).taskSpec.containerSpec.stopGracePeriod).toBeUndefined();
});

test("the executable is a label of the service alone, so that another one is an update; secrets are one of the container too", () => {
  const label = (list: readonly { label: string }[], name: string) => list.some((each) => each.label === name);
  const { labels, taskSpec } = service("service");
  expect([label(labels, "nitro.executable"), label(taskSpec.containerSpec.labels, "nitro.executable")]).toEqual([true, false]);
  const redis = service("redis");
  expect([label(redis.labels, "nitro.secrets"), label(redis.taskSpec.containerSpec.labels, "nitro.secrets")]).toEqual([true, true]);
});
