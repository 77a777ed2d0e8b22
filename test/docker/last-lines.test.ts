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
