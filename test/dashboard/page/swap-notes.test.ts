import { expect, test } from "vitest";
import { type SwapNote, versionOf, withLook } from "../../../dashboard/page/swap-notes.ts";
import type { PartView, StackView } from "../../../dashboard/views.ts";

const [old, fresh] = ["a".repeat(64), "b".repeat(64)];

function service(change: Partial<PartView> = {}): PartView {
  return {
    ...{ role: "service", id: "1", state: "running", health: "healthy", restarts: 0, ports: [] },
    ...{ sha256: old, running: { sha256: old } },
    ...change,
  };
}

function stack(part: PartView): StackView {
  return {
    stack: "alice",
    exists: true,
    healthy: true,
    sealed: false,
    shares: 2,
    parts: [part],
    faults: [],
    update: undefined,
    armed: false,
  };
}

/** What is noted of one look after the other, a second apart. */
function notesOf(...parts: readonly PartView[]): readonly SwapNote[] {
  let notes: readonly SwapNote[] = [];
  let before: StackView | undefined;
  for (const [index, part] of parts.entries()) {
    notes = withLook(notes, before, stack(part), index * 1_000);
    before = stack(part);
  }
  return notes;
}

const was = "a".repeat(12);
const is = "b".repeat(12);

test("nothing is noted of what is as it was, nor of the first look", () => {
  expect(notesOf(service({ state: "exited" }))).toEqual([]);
  expect(notesOf(service(), service({ memory: 5 }))).toEqual([]);
});

test("a swap begins with the new container and ends when that answers", () => {
  const made = service({ id: "2", health: "starting", sha256: fresh, running: undefined });
  const begun = { part: "service", from: was, replaced: true, began: 1_000 };
  expect(notesOf(service(), made)).toEqual([begun]);
  expect(notesOf(service(), made, made, service({ id: "2", sha256: fresh, running: { sha256: fresh } }))).toEqual([
    { ...begun, to: is, ended: 3_000 },
  ]);
});

test("a swap that was over between two looks is noted all the same", () => {
  expect(notesOf(service(), service({ id: "2", sha256: fresh, running: { sha256: fresh } }))).toEqual([
    { part: "service", from: was, to: is, replaced: true, began: 1_000, ended: 1_000 },
  ]);
});

test("a live swap stays in its container", () => {
  expect(notesOf(service(), service({ running: { sha256: fresh }, live: fresh }))).toEqual([
    { part: "service", from: was, to: is, replaced: false, began: 1_000, ended: 1_000 },
  ]);
});

test("a crash is noted once, until it answers again", () => {
  const down = service({ state: "restarting", health: undefined, running: undefined });
  expect(notesOf(service(), down, down, service({ restarts: 1 }))).toEqual([
    { part: "service", from: was, to: was, replaced: false, began: 1_000, ended: 3_000 },
  ]);
});

test("the newest come first, and no more than twenty", () => {
  const parts = Array.from({ length: 50 }, (_, n) => service({ id: String(n) }));
  const notes = notesOf(...parts);
  expect(notes).toHaveLength(20);
  expect(notes[0]?.began).toBe(49_000);
});

test.each([
  [service({ running: { sha256: fresh } }), is],
  [service({ running: undefined }), was],
  [service({ sha256: undefined, running: undefined, image: "localhost/nitro/redis:fc1ee3ba4ebe04d5" }), "redis:fc1ee3ba"],
  [service({ sha256: undefined, running: undefined, image: `sha256:${old}` }), "sha256:aaaaaaaa"],
  [service({ sha256: undefined, running: undefined, image: "postgres:17" }), "postgres:17"],
])("a part's version in short", (part, version) => {
  expect(versionOf(part)).toBe(version);
});
