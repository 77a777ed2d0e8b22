import { expect, test } from "vitest";
import { type CpuProfile, timeByFunction, timeByGroup } from "../../bench/cpu-profile.ts";

const node = (id: number, functionName: string, url: string, children: number[] = []) => ({
  id,
  callFrame: { functionName, url, lineNumber: 9 },
  children,
});
const profile: CpuProfile = {
  nodes: [
    node(1, "(root)", "", [2, 3, 4, 9]),
    node(2, "(idle)", ""),
    node(3, "(garbage collector)", ""),
    node(4, "writeBinary", "file:///x/ledger/ion/binary-writer.ts", [5, 6]),
    node(5, "concat", "node:buffer", [7]),
    node(6, "ionHash", "file:///x/ledger/ion/hash.ts", [8]),
    node(7, "copy", ""),
    node(8, "hash", "node:internal/crypto/hash"),
    node(9, "processTicksAndRejections", "node:internal/process/task_queues"),
  ],
  samples: [2, 3, 4, 5, 6, 7, 8, 9, 4],
  timeDeltas: [100_000, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 500],
};

test("native calls and helpers count to their callers, and nothing is lost", () => {
  const found = timeByGroup(profile);
  expect(Object.fromEntries(found)).toEqual({ idle: 100, "garbage collection": 1, ion: 10.5, hashes: 10, engine: 7 });
  expect([...found.values()]).toEqual([...found.values()].sort((a, b) => b - a));
});

test("functions are named by file and line, and those of the same name and place are one", () => {
  const found = timeByFunction(profile);
  expect(found.get("writeBinary ledger/ion/binary-writer.ts:10")).toBe(2.5);
  expect(found.get("copy")).toBe(5);
  expect([...found.values()].reduce((sum, ms) => sum + ms, 0)).toBe(128.5);
});

test("a profile that refers to what is not there is refused", () => {
  expect(() => timeByGroup({ nodes: [node(1, "(root)", "", [2])], samples: [], timeDeltas: [] })).toThrow("no node 2");
  expect(() => timeByGroup({ nodes: [], samples: [], timeDeltas: [] })).toThrow("the profile is empty");
});
