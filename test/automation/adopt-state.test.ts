import { describe, expect, it } from "vitest";
import { type Registration, secretValue, stateValue, urnOf } from "../../automation/adopt-record.ts";
import { rebuiltState } from "../../automation/adopt-state.ts";
import { parseState } from "../../automation/state.ts";

const root = "urn:pulumi:alice::nitro::pulumi:pulumi:Stack::nitro-alice";

describe("urnOf", () => {
  it("has the types of all parents but the stack", () => {
    const developer = urnOf("alice", root, "nitro:stack:Developer", "nitro");
    expect(developer).toBe("urn:pulumi:alice::nitro::nitro:stack:Developer::nitro");
    const redis = urnOf("alice", developer, "nitro:component:Redis", "redis");
    expect(urnOf("alice", redis, "docker:index/volume:Volume", "redis-data")).toBe(
      "urn:pulumi:alice::nitro::nitro:stack:Developer$nitro:component:Redis$docker:index/volume:Volume::redis-data",
    );
    expect(urnOf("alice", undefined, "pulumi:pulumi:Stack", "nitro-alice")).toBe(root);
  });
});

describe("stateValue", () => {
  const signature = "4dabf18193072939515e22adb298388d";
  it("keeps secrets secret, and leaves out what is not known", () => {
    const secret = { [signature]: "1b47061264138c4ac30d75fd1eb44270", value: ["PASSWORD=x"] };
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    expect(stateValue({ envs: secret, image: unknown, none: null, ports: [{ internal: 80 }] })).toEqual({
      envs: { [signature]: "1b47061264138c4ac30d75fd1eb44270", plaintext: '["PASSWORD=x"]' },
      ports: [{ internal: 80 }],
    });
  });
});

describe("rebuiltState", () => {
  const registration = (name: string, more: Partial<Registration>): Registration => ({
    ...{
      urn: `urn:${name}`,
      type: "docker:index/container:Container",
      name,
      custom: true,
      parent: root,
      inputs: { name },
      version: "5.2.0",
    },
    ...{
      dependencies: [],
      propertyDependencies: {},
      ignoreChanges: [],
      replaceOnChanges: [],
      additionalSecretOutputs: [],
      live: undefined,
    },
    ...more,
  });
  const password = { id: "none", outputs: { result: "x" }, secrets: ["result"] };
  const registrations = [
    registration("root", { urn: root, type: "pulumi:pulumi:Stack", custom: false, parent: undefined }),
    registration("gone", {}),
    registration("redis", { live: { id: "abc", outputs: {} }, dependencies: ["urn:gone"], propertyDependencies: { image: ["urn:gone"] } }),
    registration("password", { type: "random:index/randomPassword:RandomPassword", version: "4.21.2", live: password }),
  ];
  const rebuilt = rebuiltState("alice", { version: 3, deployment: { manifest: { version: "v3" } } }, registrations);
  const resources = rebuilt.deployment.resources as Record<string, unknown>[];

  it("has what is there, each after its provider, and nothing that refers to what is not", () => {
    expect(rebuilt.deployment.manifest).toEqual({ version: "v3" });
    expect(resources.map(({ urn }) => urn)).toEqual([
      "urn:pulumi:alice::nitro::pulumi:providers:docker::default_5_2_0",
      "urn:pulumi:alice::nitro::pulumi:providers:random::default_4_21_2",
      root,
      "urn:redis",
      "urn:password",
    ]);
    expect(resources[3]).toMatchObject({ id: "abc", inputs: { name: "redis" }, dependencies: [], propertyDependencies: { image: [] } });
    expect(resources[3]?.provider).toBe(`${resources[0]?.urn}::${resources[0]?.id}`);
    expect(resources[2]).toEqual({ urn: root, type: "pulumi:pulumi:Stack", custom: false });
    expect(parseState(JSON.stringify(rebuilt)).resources.map(({ id }) => id)).toContain("abc");
  });

  it("hands secrets over as such", () => {
    expect(resources[4]?.outputs).toMatchObject({ id: "none", result: secretValue("x") });
  });
});
