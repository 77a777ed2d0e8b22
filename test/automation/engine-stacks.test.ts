import { describe, expect, it } from "vitest";
import { groupStacks, summarize } from "../../automation/engine-stacks.ts";
import type { ContainerSummary } from "../../docker/engine.ts";
import { useVolume } from "../../model/last-use.ts";

const labelsOf = (stack: string, owner: string, role: string) => ({ "nitro.stack": stack, "nitro.owner": owner, "nitro.role": role });

function container(role: string, created: string, state: "running" | "exited" = "running"): ContainerSummary {
  const health = state === "running" ? ("healthy" as const) : undefined;
  return {
    ...{ id: role, name: role, image: "", imageId: "", command: "", state, status: "", health, ports: [], networks: [] },
    ...{ labels: labelsOf("alice", "us", role), created },
  };
}

function named(stack: string, owner: string, created: string) {
  return { id: stack, name: `nitro-${stack}`, labels: labelsOf(stack, owner, "network"), created };
}

const older = "2026-11-20T00:00:00.000Z";
const newer = "2026-11-22T00:00:00.000Z";

describe("groupStacks", () => {
  it("keeps stacks of one name and two backends apart, and takes nothing that is not ours", () => {
    const networks = [named("bob", "them", older), named("alice", "us", older), named("alice", "them", older)];
    const foreign = { ...named("x", "us", older), labels: {} };
    const stacks = groupStacks({ containers: [container("redis", newer)], networks: [...networks, foreign], volumes: [] });
    expect(stacks.map(({ name, ownerId, containers, networks: nets }) => [name, ownerId, containers.length, nets.length])).toEqual([
      ["alice", "them", 0, 1],
      ["alice", "us", 1, 1],
      ["bob", "them", 0, 1],
    ]);
  });
});

describe("summarize", () => {
  const networks = [named("alice", "us", older)];
  const containers = [container("redis", newer), container("service", newer, "exited")];

  it("takes the youngest container for the last use where none is noted, and the oldest thing for its age", () => {
    const summary = summarize({ name: "alice", ownerId: "us", containers, networks, volumes: [] });
    expect(summary).toMatchObject({ running: 1, healthy: 1, parts: 6, created: older, lastUse: newer });
    expect(summary.owner).toBeUndefined();
  });

  it.each([
    ["2026-11-25T00:00:00.000Z", "2026-11-25T00:00:00.000Z", "bob@desk"],
    ["2026-11-21T00:00:00.000Z", newer, undefined],
  ])("of a use noted at %s and containers made at 2026-11-22 the later counts", (at, lastUse, lastUser) => {
    const use = useVolume("alice", "us", { owner: "ann@laptop", user: "bob@desk", at });
    const volumes = [{ ...use, id: use.name, labels: { ...use.labels }, created: at }];
    const summary = summarize({ name: "alice", ownerId: "us", containers, networks, volumes });
    expect(summary).toMatchObject({ owner: "ann@laptop", created: older, lastUse });
    expect(summary.lastUser).toBe(lastUser);
  });
});
