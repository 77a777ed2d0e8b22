import { expect, test } from "vitest";
import { memoryInUse } from "../../docker/memory.ts";

const mebibyte = 2 ** 20;
const running = { id: "1", running: true, memoryLimit: 256 * mebibyte };

function engineTelling(memory: number, memoryLimit: number) {
  return { stats: async () => ({ memory, memoryLimit, pids: 1, cpuNanoseconds: 0 }) };
}

test("an engine that limits a container tells what it has in memory", async () => {
  expect(await memoryInUse(engineTelling(30 * mebibyte, 256 * mebibyte), running)).toBe(30 * mebibyte);
});

test("numbers of the whole machine are none of a container: docker without root and podman without root, on cgroups of version 1", async () => {
  const wholeMachine = engineTelling(7_668_371_456, 25_276_510_208);
  expect(await memoryInUse(wholeMachine, running)).toBeUndefined();
  expect(await memoryInUse(wholeMachine, { ...running, memoryLimit: 0 })).toBeUndefined();
});

test("nothing is told of a container that does not run, or has just ended", async () => {
  const gone = { stats: () => Promise.reject(new Error("no such container")) };
  expect(await memoryInUse(gone, running)).toBeUndefined();
  expect(await memoryInUse(gone, { ...running, running: false })).toBeUndefined();
});
