import { expect, test } from "vitest";
import type { Health } from "../../docker/engine.ts";
import { presentHealth } from "../../docker/health.ts";

const check = ["true"];
const never = {
  exec: async () => {
    throw new Error("the check was run");
  },
};
const answering = (exitCode: number) => ({ exec: async () => ({ exitCode, stdout: "", stderr: "", output: "" }) });

test.each<[Health, number, Health]>([
  ["starting", 0, "healthy"],
  ["starting", 1, "starting"],
  ["unhealthy", 0, "healthy"],
  ["unhealthy", 1, "unhealthy"],
])("the engine says %s, its check ends with %i: it is %s", async (health, exitCode, expected) => {
  expect(await presentHealth(answering(exitCode), { name: "worker", health, healthCheck: check })).toBe(expected);
});

test("what the engine calls healthy is believed, and what has no check has no health", async () => {
  expect(await presentHealth(never, { name: "redis", health: "healthy", healthCheck: check })).toBe("healthy");
  expect(await presentHealth(never, { name: "redis", health: undefined, healthCheck: undefined })).toBeUndefined();
});

test("a container that is gone before it is asked stays what the engine said", async () => {
  expect(await presentHealth(never, { name: "redis", health: "unhealthy", healthCheck: check })).toBe("unhealthy");
});
