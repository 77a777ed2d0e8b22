import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runBuild } from "../../../cli/watch/build.ts";
import { watchSources } from "../../../cli/watch/files.ts";
import { WatchLoop } from "../../../cli/watch/loop.ts";
import { type WatchEvent, WatchReport } from "../../../cli/watch/report.ts";
import { Progress } from "../../../common/progress.ts";
import { waitFor } from "../../../testing/wait-for.ts";

let folder = "";
let stop = new AbortController();
let ended: Promise<void> = Promise.resolve();
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "nitro-self-")));
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await ended;
  rmSync(folder, { recursive: true, force: true });
});

const hash = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

/** Watches a folder whose build is a line for sh, with nothing but the swap itself left out. */
async function watching(command: string, ignore: readonly string[] = []) {
  const events: WatchEvent[] = [];
  const executable = join(folder, "payments");
  let running: string | undefined;
  const env = { PATH: process.env.PATH };
  const progress = new Progress({ write: () => true, isTTY: false, columns: 80 });
  const loop = new WatchLoop(
    {
      executable,
      load: async () => {
        const { size, mtime } = statSync(executable);
        return { file: executable, size, sha256: hash(executable), builtAt: mtime };
      },
      build: (signal) => runBuild({ command, cwd: folder, env, arch: "amd64" }, signal),
      swapper: {
        arm: async () => {},
        check: async () => {},
        close: async () => {},
        swap: async ({ sha256 }) => {
          running = sha256;
          return "warm";
        },
      },
      running: async () => running,
      sealing: async () => ({ sealed: false, shares: 2 }),
      engineAnswers: async () => true,
      onSwap: async () => {},
      onProof: async () => {},
      report: new WatchReport({ write: (line: string) => events.push(JSON.parse(line) as WatchEvent) > 0 }, progress, true),
    },
    stop.signal,
  );
  const fail = (error?: unknown) => expect.fail(String(error));
  const unwatch = await watchSources(
    { folder, also: [], ignore, output: executable },
    { onChange: (change) => loop.noteSource(change), onPolling: fail, onError: fail },
  );
  ended = loop.run(() => {}).finally(unwatch);
  const all = (event: WatchEvent["event"]) => events.filter((each) => each.event === event);
  const quiet = async () => {
    for (let before = -1; before !== events.length; await sleep(1_500)) before = events.length;
  };
  return { all, quiet, notes: () => events.flatMap((each) => (each.event === "note" ? [each.text] : [])) };
}

const slow = "date +%s%N > gen.go; sleep 0.5; cat main.go gen.go > payments";
const last = "cat main.go > payments; sleep 0.3; date +%s%N > gen.go";

test.each([slow, last])("a build that writes one of its sources is let end, and told once which: %s", async (command) => {
  writeFileSync(join(folder, "main.go"), "one");
  writeFileSync(join(folder, "gen.go"), "none");
  const { all, quiet, notes } = await watching(command);
  await waitFor(() => notes().length > 0, { what: "the word of it", timeoutMs: 20_000 });
  await quiet();
  expect(notes()).toEqual([
    expect.stringMatching(/^the build itself writes gen\.go, one of its sources: .* --ignore 'gen\.go' leaves it out altogether$/),
  ]);
  // Three builds in a row show it. One more begins for each word of a write that comes when the next build has begun already.
  expect(all("building").length).toBeLessThanOrEqual(8);
  expect(readFileSync(join(folder, "payments"), "utf8")).toContain("one");

  // A person's change of another source is built, and of this one too.
  for (const [file, text] of [
    ["main.go", "two"],
    ["gen.go", "by hand"],
  ] as const) {
    const before = all("building").length;
    writeFileSync(join(folder, file), text);
    await waitFor(() => all("building").length > before, { what: `a build after ${file}` });
    await quiet();
  }
  expect(readFileSync(join(folder, "payments"), "utf8")).toContain("two");
  expect(notes()).toHaveLength(1);
});

test("what is ignored begins no build", async () => {
  writeFileSync(join(folder, "main.go"), "one");
  const { all, quiet, notes } = await watching(slow, ["gen.go"]);
  await waitFor(() => all("swapped").length > 0, { what: "the swap", timeoutMs: 20_000 });
  await quiet();
  expect([all("building").length, notes()]).toEqual([1, []]);
});
