import { describe, expect, test } from "vitest";
import { boxVersion, changing, noteText, troubles } from "../../../dashboard/page/part-words.ts";
import { nodeSize } from "../../../dashboard/page/picture-layout.ts";
import { type SwapNote, withLook } from "../../../dashboard/page/swap-notes.ts";
import type { PartView, StackView, UpdateView } from "../../../dashboard/views.ts";

const old = "a".repeat(64);
const update: UpdateView = { pid: 7, username: "ann", hostname: "here", timestamp: "2026-01-01T00:00:00Z" };

function worker(change: Partial<PartView> = {}): PartView {
  return {
    ...{ role: "worker", id: "1", state: "running", health: "healthy", restarts: 0, ports: [] },
    ...{ sha256: old, running: { sha256: old } },
    ...change,
  };
}

const killed = worker({ state: "exited", health: undefined, running: undefined, exitCode: 137 });
const gone: PartView = { role: "worker", id: "", state: "missing", restarts: 0, ports: [] };
const made = worker({ id: "2", health: "starting", running: undefined });

function stack(part: PartView, change: Partial<StackView> = {}): StackView {
  const state = { stack: "alice", exists: true, healthy: false, sealed: true, shares: 0, faults: [], update: undefined, armed: false };
  return { ...state, parts: [part], ...change };
}

/** What is noted of a worker that ran and then was seen as each of these. */
function notesOf(...parts: readonly PartView[]): readonly SwapNote[] {
  const views = [worker(), ...parts].map((part) => stack(part));
  return views.reduce<readonly SwapNote[]>((notes, view, index) => withLook(notes, views[index - 1], view, index * 1_000), []);
}

describe("a part", () => {
  test.each([
    ["that was killed", killed, notesOf(killed), {}, false, ["worker exited (137)"]],
    ["that was killed while the next swap is kept ready", killed, notesOf(killed), { armed: true }, false, ["worker exited (137)"]],
    ["that a swap which was kept ready has stopped", killed, notesOf(killed), { update, armed: true }, true, []],
    ["that an update has stopped", killed, notesOf(killed), { update }, true, []],
    ["that an update has taken off", gone, notesOf(gone), { update }, true, []],
    ["that has a new container", made, notesOf(made), {}, true, []],
    ["that has a new container, which is not started", { ...made, state: "created" }, notesOf(made), {}, true, []],
    ["whose new container has ended", { ...killed, id: "2", exitCode: 1 }, notesOf(made), {}, false, ["worker exited (1)"]],
    ["whose new container answers no more", { ...made, health: "unhealthy" }, notesOf(made), {}, false, ["worker unhealthy"]],
    ["that starts again by itself", worker({ health: "starting" }), notesOf(killed), {}, false, []],
    ["that was dead when the page was opened", killed, [], {}, false, ["worker exited (137)"]],
    ["that answers again", worker(), notesOf(killed, worker()), {}, false, []],
    ["that was removed", gone, notesOf(gone), {}, false, ["worker missing"]],
  ])("%s", (_, part, notes, change, going, wrong) => {
    const view = stack(part, change);
    expect(changing(notes, view)).toEqual(going ? notes : []);
    expect(troubles(view, notes)).toEqual(wrong);
  });
});

test("of a stack that was taken down only that is told, and how it comes back; while it comes up it changes", () => {
  const notes = notesOf(gone);
  expect(troubles(stack(gone, { exists: false }), notes)).toEqual(["there is no stack alice: ./nitro up -s alice"]);
  expect(changing(notes, stack(gone, { exists: false }))).toEqual([]);
  expect(troubles(stack(gone, { exists: false, update }), notes)).toEqual([]);
});

test("nothing is told to change of a part that is not there any more", () => {
  expect(changing(notesOf(made), stack(made, { parts: [], update }))).toEqual([]);
});

describe("what was seen", () => {
  const note: SwapNote = { part: "worker", from: "aaaa", replaced: false, began: 0 };
  test.each([
    [note, true, killed, "aaaa → …"],
    [note, false, killed, "aaaa exited (137)"],
    [note, false, undefined, "aaaa missing"],
    [{ ...note, to: "bbbb", ended: 1 }, false, worker(), "aaaa → bbbb"],
    [{ ...note, to: "aaaa", ended: 1 }, false, worker(), "aaaa anew"],
    [{ ...note, to: "aaaa", ended: 1, replaced: true }, false, worker(), "aaaa in another container"],
  ])("%j, going on %s", (seen, going, part, text) => {
    expect(noteText(seen, going, part)).toBe(text);
  });
});

describe("a part's box", () => {
  const image = (name: string) => worker({ sha256: undefined, running: undefined, image: name });
  const note: SwapNote = { part: "localstack", from: "localstack:2b339bb0", replaced: true, began: 0 };
  test.each([
    [worker(), undefined, "aaaaaaaaaaaa"],
    [image("localhost/nitro/localstack:2b339bb0"), undefined, "localstack:2b339bb0"],
    [image("registry.example/team/postgres:17"), undefined, "registry.example/team…"],
    [image(""), note, "2b339bb0 → …"],
    [image(""), { ...note, to: "localstack:77c0ffee", ended: 1 }, "2b339bb0 → 77c0ffee"],
    [worker(), { ...note, from: "a".repeat(12), to: "b".repeat(12), ended: 1 }, "aaaaaaaa → bbbbbbbb"],
    [image("postgres:17"), { ...note, to: note.from, ended: 1 }, "postgres:17"],
  ])("has room for the version", (part, seen, text) => {
    expect(boxVersion(part, seen)).toBe(text);
    // Monospaced letters of 12 pixels are 7.3 wide at most; style.css has the size, picture.tsx the 12 pixels before them.
    expect(12 + 7.3 * text.length).toBeLessThan(nodeSize.width);
  });
});
