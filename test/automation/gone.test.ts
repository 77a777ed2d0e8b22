import { expect, test } from "vitest";
import { isGone } from "../../automation/gone.ts";
import type { StackState } from "../../automation/state.ts";
import { dockerTypes } from "../../automation/state.ts";
import type { ContainerSummary } from "../../docker/engine.ts";

const container = { urn: "urn:pulumi:alice::nitro::redis-container", type: dockerTypes.container, id: "1" };
const empty: StackState = { resources: [], pending: [] };
const whole: StackState = { resources: [container], pending: [] };
const holder = { pid: 1, username: "me", hostname: "here", timestamp: "2026-11-30T08:00:00Z" };

test.each([
  ["is taken down", 0, undefined, undefined, true],
  ["is destroyed, and its state still to be removed", 0, undefined, empty, true],
  ["is there", 1, undefined, whole, false],
  ["gets all its containers replaced by an update", 0, holder, empty, false],
  ["has lost its containers, which an update brings back", 0, undefined, whole, false],
] as const)("a stack that %s", async (_, left, held, state, gone) => {
  const engine = { containers: async () => Array.from({ length: left }, () => ({ id: "1" }) as ContainerSummary) };
  const stack = { name: "alice", holder: async () => held, state: async () => state };
  expect(await isGone(engine, stack, "me")).toBe(gone);
});
