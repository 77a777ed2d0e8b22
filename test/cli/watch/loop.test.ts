import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WatchLoop, type WatchParts } from "../../../cli/watch/loop.ts";
import { type WatchEvent, WatchReport } from "../../../cli/watch/report.ts";
import type { Swapper } from "../../../cli/watch/swapper.ts";
import { UserError } from "../../../common/errors.ts";
import { Progress } from "../../../common/progress.ts";
import { waitFor } from "../../../testing/wait-for.ts";

let folder = "";
let executable = "";
let stop = new AbortController();
let events: WatchEvent[] = [];
let running: string | undefined;
/** Contents that were swapped in, in their order. */
let swaps: string[] = [];
let ended: Promise<void> = Promise.resolve();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-loop-"));
  executable = join(folder, "payments");
  stop = new AbortController();
  [events, swaps, running] = [[], [], undefined];
});
afterEach(async () => {
  stop.abort();
  await ended;
  rmSync(folder, { recursive: true, force: true });
});

const hash = (text: string) => createHash("sha256").update(text).digest("hex");
const seen = (event: WatchEvent["event"]) => events.filter((each) => each.event === event);
const told = (event: WatchEvent["event"], count = 1) => waitFor(() => seen(event).length >= count, { what: event, intervalMs: 5 });

/** Swaps as the test says; without a word it goes well at once. */
let swapping: (text: string, superseded: AbortSignal) => Promise<void> = async () => {};

const swapper: Swapper = {
  arm: async () => {},
  check: async () => {},
  close: async () => {},
  async swap({ sha256 }, superseded) {
    const text = read.get(sha256) ?? "";
    await swapping(text, superseded);
    swaps.push(text);
    running = sha256;
    return "warm";
  },
};

/** What was read, by its hash. */
const read = new Map<string, string>();

/** A file is complete where it ends with a full stop. */
async function load() {
  const text = readFileSync(executable, "utf8");
  const { mtime, size } = statSync(executable);
  if (!text.endsWith(".")) throw new UserError(`incomplete: ${text}`);
  read.set(hash(text), text);
  return { file: executable, size, sha256: hash(text), builtAt: mtime };
}

async function start(parts: Partial<WatchParts> = {}): Promise<WatchLoop> {
  const progress = new Progress({ write: () => true, isTTY: false, columns: 80 });
  const output = { write: (line: string) => events.push(JSON.parse(line) as WatchEvent) > 0 };
  const loop = new WatchLoop(
    {
      executable,
      load,
      build: undefined,
      swapper,
      running: async () => running,
      sealing: async () => ({ sealed: false, shares: 2 }),
      engineAnswers: async () => true,
      onSwap: async () => {},
      onProof: async () => {},
      report: new WatchReport(output, progress, true),
      ...parts,
    },
    stop.signal,
  );
  let ready = false;
  ended = loop.run(() => {
    ready = true;
  });
  await waitFor(() => ready, { what: "readiness", intervalMs: 5 });
  return loop;
}

function put(loop: WatchLoop, text: string): void {
  writeFileSync(executable, text);
  loop.note("executable");
}

test("what runs already is left alone at the start, what does not is swapped in", async () => {
  writeFileSync(executable, "one.");
  running = hash("one.");
  await start();
  expect(swaps).toEqual([]);
  expect(events.map(({ event }) => event)).toEqual(["armed"]);
});

test("at the start another executable is swapped in", async () => {
  writeFileSync(executable, "one.");
  await start();
  expect(swaps).toEqual(["one."]);
});

test("each change is swapped, with its hash", async () => {
  writeFileSync(executable, "one.");
  const loop = await start();
  put(loop, "two.");
  await told("swapped", 2);
  expect(swaps).toEqual(["one.", "two."]);
  expect(seen("swapped")[1]).toMatchObject({ sha256: hash("two."), kind: "warm", sealed: false });
});

test("a change that the system tells of twice is one", async () => {
  writeFileSync(executable, "one.");
  const loop = await start();
  put(loop, "two.");
  await told("swapped", 2);
  loop.note("executable");
  put(loop, "three.");
  await told("swapped", 3);
  expect(seen("unchanged")).toEqual([]);
});

test("a file is read once, while it is not yet sure that the change is over", async () => {
  writeFileSync(executable, "one.");
  let loads = 0;
  let expected = 0;
  const counted = async () => {
    loads++;
    return load();
  };
  const loop = await start({ load: counted, swapper: { ...swapper, lookAhead: () => expected++ } });
  loads = 0;
  put(loop, "two.");
  expect([loads, expected]).toEqual([1, 1]);
  await told("swapped", 2);
  expect(loads).toBe(1);
});

test("what was read before a change was over is not used, even where size and time are the same", async () => {
  writeFileSync(executable, "one.");
  const loop = await start();
  const time = new Date();
  for (const text of ["two.", "too."]) {
    writeFileSync(executable, text);
    utimesSync(executable, time, time);
    loop.note("executable");
  }
  await told("swapped", 2);
  expect(swaps).toEqual(["one.", "too."]);
});

test("an incomplete file waits for its rest", async () => {
  writeFileSync(executable, "one.");
  const loop = await start();
  put(loop, "tw");
  await new Promise((resolve) => setTimeout(resolve, 100));
  put(loop, "two.");
  await told("swapped", 2);
  expect(swaps).toEqual(["one.", "two."]);
  expect(seen("failed")).toEqual([]);
});

test("a file that stays incomplete is told about, and the one before goes on", async () => {
  writeFileSync(executable, "one.");
  const loop = await start();
  put(loop, "tw");
  await told("failed");
  expect(seen("failed")[0]).toMatchObject({ error: "incomplete: tw" });
  expect(swaps).toEqual(["one."]);
});

test("the rest of a file that comes while the file is read, and found incomplete, is not missed", async () => {
  writeFileSync(executable, "one.");
  let readings = 0;
  const loop = await start({
    load: async () => {
      const found = load();
      // The first reads ahead, the second is the one that counts, the third comes when the file has had its time.
      if (readFileSync(executable).toString() === "tw" && ++readings === 3) put(loop, "two.");
      return found;
    },
  });
  put(loop, "tw");
  await told("swapped", 2);
  expect(swaps).toEqual(["one.", "two."]);
  expect(seen("failed")).toEqual([]);
});

test("builds that come while a swap is under way end its waiting, and only the last of them is swapped", async () => {
  writeFileSync(executable, "one.");
  const loop = await start();
  const began: string[] = [];
  swapping = (text, superseded) => {
    began.push(text);
    return text === "two." ? new Promise((resolve) => superseded.addEventListener("abort", () => resolve())) : Promise.resolve();
  };
  put(loop, "two.");
  await waitFor(() => began.includes("two."), { what: "the swap", intervalMs: 5 });
  for (const text of ["three.", "four.", "five."]) put(loop, text);
  await told("swapped", 2);
  swapping = async () => {};
  expect(began).toEqual(["two.", "five."]);
  expect(seen("superseded")).toHaveLength(1);
  expect(seen("swapped")[1]).toMatchObject({ sha256: hash("five.") });
});

test("a swap that fails is told with the way back, and the next one is tried", async () => {
  writeFileSync(executable, "one.");
  const loop = await start();
  swapping = async (text) => {
    if (text === "two.") throw new UserError("service exited", "go back");
  };
  put(loop, "two.");
  await told("failed");
  expect(seen("failed")[0]).toEqual({ event: "failed", error: "service exited", hint: "go back" });
  put(loop, "three.");
  await told("swapped", 2);
  swapping = async () => {};
  expect(swaps).toEqual(["one.", "three."]);
});

test("where the engine is away, the swap waits for it", async () => {
  writeFileSync(executable, "one.");
  let away = false;
  const loop = await start({ engineAnswers: async () => !away });
  away = true;
  swapping = async () => {
    if (away) throw new Error("no engine");
  };
  put(loop, "two.");
  await told("note");
  away = false;
  await told("swapped", 2);
  swapping = async () => {};
  expect(swaps).toEqual(["one.", "two."]);
  expect(seen("failed")).toEqual([]);
});

test("with sources, a build makes what is swapped", async () => {
  let builds = 0;
  const loop = await start({ build: async () => writeFileSync(executable, `build ${++builds}.`) });
  expect(swaps).toEqual(["build 1."]);
  loop.note("sources");
  await told("swapped", 2);
  expect(swaps).toEqual(["build 1.", "build 2."]);
  expect(seen("swapped")[1]).toHaveProperty("builtMs");
});

test("a build that changes nothing swaps nothing", async () => {
  const loop = await start({ build: async () => writeFileSync(executable, "same.") });
  loop.note("sources");
  await told("unchanged");
  expect(swaps).toEqual(["same."]);
});

test("a build that fails leaves what runs, and its words are told", async () => {
  let broken = false;
  const loop = await start({
    build: async () => {
      if (broken) throw new UserError("main.go:1: no");
      writeFileSync(executable, "good.");
    },
  });
  broken = true;
  loop.note("sources");
  await told("build-failed");
  expect(seen("build-failed")[0]).toMatchObject({ error: "main.go:1: no" });
  expect(swaps).toEqual(["good."]);
});

test("a change ends the build that is under way; only the last one is swapped", async () => {
  let text = "first.";
  let aborted = 0;
  const build = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        writeFileSync(executable, text);
        resolve();
      }, 150);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        aborted++;
        reject(new Error("aborted"));
      });
    });
  const loop = await start({ build });
  loop.note("sources");
  await told("building", 2);
  text = "last.";
  loop.note("sources");
  await told("swapped", 2);
  expect(aborted).toBe(1);
  expect(swaps).toEqual(["first.", "last."]);
  expect(seen("build-failed")).toEqual([]);
});

test("a stop ends the waiting of the swap that is under way", async () => {
  writeFileSync(executable, "one.");
  const loop = await start();
  swapping = (_, superseded) => new Promise((resolve) => superseded.addEventListener("abort", () => resolve()));
  put(loop, "two.");
  await waitFor(() => !loop.idle, { what: "the swap", intervalMs: 5 });
  stop.abort();
  await ended;
  swapping = async () => {};
});
