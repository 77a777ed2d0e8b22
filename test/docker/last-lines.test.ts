import { expect, test } from "vitest";
import type { LogLine } from "../../docker/engine.ts";
import { lastLines } from "../../docker/last-lines.ts";

const engineWith = (logs: () => AsyncGenerator<LogLine>) => ({ logs });

test("the last lines stand below each other", async () => {
  const engine = engineWith(async function* () {
    yield { stream: "stderr", line: "panic: no key" };
    yield { stream: "stderr", line: "goroutine 1" };
  });
  expect(await lastLines(engine, "c")).toBe("its last log lines:\n  | panic: no key\n  | goroutine 1");
});

test("an empty log is told, and one that cannot be read does not hide what it was asked for", async () => {
  expect(
    await lastLines(
      engineWith(async function* () {}),
      "c",
    ),
  ).toBe("it wrote no log");
  const broken = engineWith(async function* () {
    yield { stream: "stdout", line: "begun" };
    throw new Error("no engine");
  });
  expect(await lastLines(broken, "c")).toBe("its last log lines:\n  | begun\n  | (its log cannot be read: no engine)");
});

test("where a container was started again, the lines of the run that ended count, not those since", async () => {
  const engine = engineWith(async function* () {
    for (let line = 0; line < 20; line++) yield { stream: "stderr", line: `old ${line}`, time: "2026-11-29T10:00:00.5Z" };
    yield { stream: "stderr", line: "panic: no room", time: "2026-11-29T10:00:01.123456789Z" };
    for (let line = 0; line < 20; line++) yield { stream: "stderr", line: "started", time: "2026-11-29T10:00:01.3Z" };
  });
  const told = await lastLines(engine, "c", { running: true, finishedAt: "2026-11-29T10:00:01.124Z" });
  expect(told.split("\n")).toHaveLength(16);
  expect(told).toMatch(/\| old 6\n[\s\S]*\| old 19\n {2}\| panic: no room$/);
  expect(await lastLines(engine, "c", { running: true, finishedAt: "0001-01-01T00:00:00Z" })).toMatch(/started$/);
});
