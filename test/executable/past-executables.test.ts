import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { notePastExecutable, previousExecutable, readPastExecutables } from "../../executable/past-executables.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nitro-answered-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const [a, b, c] = ["a".repeat(64), "b".repeat(64), "c".repeat(64)];

test("a new stack has none", async () => {
  expect(await readPastExecutables(root, "alice")).toEqual([]);
  expect(await previousExecutable(root, "alice", [a, a])).toBeUndefined();
});

test("the two that answered last are remembered, the latest first, each once", async () => {
  for (const each of [a, a, b, c]) await notePastExecutable(root, "alice", each);
  expect(await readPastExecutables(root, "alice")).toEqual([c, b]);
  await notePastExecutable(root, "alice", b);
  expect(await readPastExecutables(root, "alice")).toEqual([b, c]);
});

test("the previous one is the other one that answered", async () => {
  await notePastExecutable(root, "alice", a);
  expect(await previousExecutable(root, "alice", [a, a])).toBeUndefined();
  await notePastExecutable(root, "alice", b);
  expect(await previousExecutable(root, "alice", [b, b])).toBe(a);
});

test("after one that never answered, the way back is the one before it", async () => {
  await notePastExecutable(root, "alice", a);
  await notePastExecutable(root, "alice", b);
  expect(await previousExecutable(root, "alice", [c, c])).toBe(b);
});

test("after a swap of one role alone it is what the other one runs, where that is the last one that answered", async () => {
  await notePastExecutable(root, "alice", a);
  await notePastExecutable(root, "alice", b);
  expect(await previousExecutable(root, "alice", [b, c])).toBe(b);
  expect(await previousExecutable(root, "alice", [c, b])).toBe(b);
});

test("a damaged file holds nothing but its sound lines", async () => {
  await notePastExecutable(root, "alice", a);
  writeFileSync(join(root, ".nitro", "alice", "answered"), `nonsense\n${b}\n`);
  expect(await readPastExecutables(root, "alice")).toEqual([b]);
});
