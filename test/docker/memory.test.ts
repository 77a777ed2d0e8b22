import { setImmediate as settled } from "node:timers/promises";
import { expect, test } from "vitest";
import { KnownMemory, memoryInUse } from "../../docker/memory.ts";

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

test("whoever cannot wait gets what was told last of the same container, which is asked anew each time, one question at a time", async () => {
  const asked: PromiseWithResolvers<number>[] = [];
  const stats = async () => {
    const next = Promise.withResolvers<number>();
    asked.push(next);
    return { memory: await next.promise, memoryLimit: 256 * mebibyte, pids: 1, cpuNanoseconds: 0 };
  };
  const known = new KnownMemory({ stats });
  const container = { ...running, name: "redis" };
  const told = () => known.of(container);
  expect([told(), told(), asked.length]).toEqual([undefined, undefined, 1]);
  asked[0]?.resolve(30);
  await settled();
  expect([told(), asked.length]).toEqual([30, 2]);
  asked[1]?.resolve(40);
  await settled();
  expect([known.of({ ...container, id: "2" }), asked.length]).toEqual([undefined, 3]);
});
