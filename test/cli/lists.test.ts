import { describe, expect, it } from "vitest";
import { joinStacks } from "../../cli/ls.ts";
import { outputRows } from "../../cli/outputs.ts";
import type { ContainerSummary } from "../../docker/engine.ts";

function container(stack: string, state: "running" | "exited", health?: "healthy"): ContainerSummary {
  return {
    ...{ id: "1", name: "x", image: "", imageId: "", command: "", state, status: "", health, labels: { "nitro.stack": stack } },
    ...{ created: "", ports: [], networks: [] },
  };
}

describe("ls", () => {
  it("joins what the backend and the engine know", () => {
    const stacks = [{ name: "bob", lastUpdate: "2026-11-24T00:00:00Z", updateInProgress: true }, { name: "alice" }];
    const containers = [container("alice", "running", "healthy"), container("alice", "exited"), container("carol", "running")];
    expect(joinStacks(stacks, containers)).toEqual([
      { name: "alice", running: 1, healthy: 1, parts: 6, updating: false },
      { name: "bob", running: 0, healthy: 0, parts: 6, lastUpdate: "2026-11-24T00:00:00Z", updating: true },
      { name: "carol", running: 1, healthy: 0, parts: 6, updating: false },
    ]);
  });
});

describe("outputs", () => {
  it("gives nested values their path", () => {
    expect(outputRows({ serviceUrl: "http://x", ports: { redis: 20001 }, list: ["a"] })).toEqual([
      ["serviceUrl", "http://x"],
      ["ports.redis", "20001"],
      ["list", '["a"]'],
    ]);
  });
});
