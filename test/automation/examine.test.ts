import { resolve } from "node:path";
import { expect, test } from "vitest";
import { examine } from "../../automation/apply.ts";
import { dockerTypes } from "../../automation/state.ts";
import type { ContainerDetails, ContainerState, ContainerSummary } from "../../docker/engine.ts";
import { containerName, labels, stackNames } from "../../model/names.ts";
import { ownerId } from "../../toolchain/owner.ts";

const names = stackNames("alice");
const context = { root: resolve(import.meta.dirname, "../.."), env: { NITRO_HOME: "/nowhere", HOME: "/nowhere" } };
const own = { [labels.stack]: "alice", [labels.owner]: ownerId(context.env) };
const state = {
  resources: ["service", "redis"].map((id) => ({ urn: `urn:pulumi:alice::nitro::${id}`, type: dockerTypes.container, id })),
  pending: [],
};

/** Parts that have just been started, as the engine sees them, and what was asked of them. */
function engineWith(redis: ContainerState) {
  const asked: string[] = [];
  const part = (role: "service" | "redis", status: ContainerState): ContainerSummary => ({
    ...{ id: role, name: containerName("alice", role), state: status, health: "starting", networks: [names.network] },
    ...{ labels: { ...own, [labels.role]: role }, imageId: "", image: "", command: "", created: "", ports: [], status: "" },
  });
  const engine = {
    containers: async () => [part("service", "running"), part("redis", redis)],
    networks: async () => [],
    volumes: async () => [],
    inspect: async (name: string) => ({ name, health: "starting", healthCheck: ["ask"] }) as unknown as ContainerDetails,
    exec: async (name: string) => {
      asked.push(name);
      return { exitCode: 0, output: "", stdout: "", stderr: "" };
    },
  };
  return { engine, asked };
}

test("a sound stack is not asked anything, although the engine has not looked yet", async () => {
  const { engine, asked } = engineWith("running");
  expect(await examine(engine, { name: "alice" }, state, context)).toMatchObject({ reasons: [], containers: [] });
  expect(asked).toEqual([]);
});

test("beside a part that does not run, what answers stays", async () => {
  const { engine, asked } = engineWith("exited");
  expect(await examine(engine, { name: "alice" }, state, context)).toMatchObject({ containers: [containerName("alice", "redis")] });
  expect(asked).toEqual([containerName("alice", "service")]);
});
