import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Unwatch, watchSources } from "../../../cli/watch/files.ts";
import type { Sources } from "../../../cli/watch/sources.ts";
import { waitFor } from "../../../testing/wait-for.ts";

let root = "";
let folder = "";
const ends: Unwatch[] = [];
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "nitro-sources-")));
  folder = join(root, "pay");
  for (const name of ["pay/internal", "pay/node_modules", "pay/web", "common/deep", "tools"])
    mkdirSync(join(root, name), { recursive: true });
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
  rmSync(root, { recursive: true, force: true });
});

/** Longer than a change takes to be told. */
const settled = () => sleep(600);
/** @param name below the root */
const write = (name: string, text: string) => writeFileSync(join(root, name), text);

/** @returns the files that were told, in their order */
async function watching(more: Partial<Sources> = {}): Promise<string[]> {
  const seen: string[] = [];
  const fail = (error?: unknown) => expect.fail(String(error));
  const sources = { folder, also: [], ignore: [], output: join(folder, "out.go"), ...more };
  ends.push(await watchSources(sources, { onChange: ({ file }) => void seen.push(file), onPolling: fail, onError: fail }));
  return seen;
}

async function told(seen: readonly string[], file: string): Promise<void> {
  await waitFor(() => seen.includes(file), { what: `the change of ${file}` });
}

test("sources are told about at any depth, once for each content, and nothing else is", async () => {
  for (const name of ["main.go", "internal/pay.go", "pay_test.go", "node_modules/x.go"]) write(`pay/${name}`, "package x\n");
  const seen = await watching();
  // The content that is there already is no change.
  write("pay/internal/pay.go", "package x\n");
  await settled();
  expect(seen).toEqual([]);
  write("pay/internal/pay.go", "package y\n");
  await told(seen, "internal/pay.go");
  await settled();
  // The same content again, tests, other folders and the output are no changes.
  write("pay/internal/pay.go", "package y\n");
  appendFileSync(join(folder, "pay_test.go"), "// more\n");
  write("pay/node_modules/x.go", "package z\n");
  write("pay/out.go", "package out\n");
  write("pay/notes.txt", "hello\n");
  await settled();
  expect(seen).toEqual(["internal/pay.go"]);

  mkdirSync(join(folder, "fresh"));
  write("pay/fresh/new.go", "package fresh\n");
  await told(seen, "fresh/new.go");
  unlinkSync(join(folder, "main.go"));
  await told(seen, "main.go");
});

test("patterns outside of the folder are watched; what is ignored is not", async () => {
  write("common/deep/a.txt", "one");
  write("pay/internal/gen.go", "package x\n");
  const seen = await watching({ also: ["../common/**"], ignore: ["gen.go"] });
  write("common/deep/a.txt", "two");
  await told(seen, "../common/deep/a.txt");
  write("common/new.txt", "one");
  await told(seen, "../common/new.txt");
  write("pay/internal/gen.go", "package y\n");
  await settled();
  expect(seen).not.toContain("internal/gen.go");
});

test("folders that go.mod replaces by and go.work uses are watched, also once they are named", async () => {
  write("pay/go.mod", "module example.com/pay\n\nreplace example.com/common => ../common\n");
  write("common/a.go", "package common\n");
  write("tools/a.go", "package tools\n");
  const seen = await watching();
  write("common/a.go", "package common // changed\n");
  await told(seen, "../common/a.go");
  write("pay/go.work", "go 1.25\n\nuse (\n\t.\n\t../tools\n)\n");
  await told(seen, "go.work");
  await settled();
  write("tools/a.go", "package tools // changed\n");
  await told(seen, "../tools/a.go");
});

test("what Go files embed is watched, also once they embed it; a new file of an embedded folder too", async () => {
  mkdirSync(join(folder, "web/static/css"), { recursive: true });
  write("pay/web/web.go", "package web\n\n//go:embed static\nvar files embed.FS\n");
  write("pay/web/static/css/a.css", "one");
  write("pay/web/other.txt", "one");
  const seen = await watching();
  await settled();
  expect(seen).toEqual([]);
  write("pay/web/static/css/a.css", "two");
  await told(seen, "web/static/css/a.css");
  write("pay/web/static/b.css", "one");
  await told(seen, "web/static/b.css");
  write("pay/web/other.txt", "two");
  await settled();
  expect(seen).not.toContain("web/other.txt");
  write("pay/web/web.go", "package web\n\n//go:embed static other.txt\nvar files embed.FS\n");
  await told(seen, "web/web.go");
  await settled();
  write("pay/web/other.txt", "three");
  await told(seen, "web/other.txt");
});

test("folders behind links are not looked into, but for those that are named; a linked file is a source", async () => {
  write("common/deep/a.go", "package deep\n");
  write("tools/a.txt", "one");
  write("common/linked.go", "package x\n");
  symlinkSync("/proc/self", join(folder, "p"));
  symlinkSync(".", join(folder, "loop"));
  symlinkSync("../common", join(folder, "others"));
  symlinkSync("../tools", join(folder, "named"));
  symlinkSync("../common/linked.go", join(folder, "linked.go"));
  const seen = await watching({ also: ["named/*.txt"] });
  write("common/deep/a.go", "package deep // changed\n");
  write("tools/a.txt", "two");
  await told(seen, "named/a.txt");
  write("common/linked.go", "package x // changed\n");
  await told(seen, "linked.go");
  await settled();
  expect(seen).toEqual(["named/a.txt", "linked.go"]);
});

test("a folder that is a link itself is watched", async () => {
  write("pay/main.go", "package x\n");
  symlinkSync("pay", join(root, "link"));
  const seen = await watching({ folder: join(root, "link") });
  write("pay/main.go", "package y\n");
  await told(seen, "main.go");
});

test("a first look that is stopped ends at once, and tells of nothing", async () => {
  const stop = new AbortController();
  const fail = () => expect.fail("nothing is to be told");
  const listener = { onChange: fail, onPolling: fail, onError: fail };
  const watched = watchSources({ folder: "/proc", also: [], ignore: [], output: "/nowhere" }, listener, stop.signal);
  setImmediate(() => stop.abort());
  ends.push(await watched);
});

test("what cannot be watched is told once, with how many paths there are", async () => {
  for (const name of ["one.go", "two.go", "three.go"]) symlinkSync(name, join(folder, name));
  const failed: { first: unknown; count: number }[] = [];
  const sources = { folder, also: [], ignore: [], output: "/nowhere" };
  const listener = {
    onChange: () => {},
    onPolling: () => {},
    onError: (first: unknown, count: number) => void failed.push({ first, count }),
  };
  ends.push(await watchSources(sources, listener));
  expect(failed).toEqual([{ first: expect.objectContaining({ code: "ELOOP" }), count: 3 }]);
});

const limit = "echo 2 > /proc/sys/user/max_inotify_watches";
const canLimit = spawnSync("unshare", ["-Ur", "sh", "-c", limit]).status === 0;

test.runIf(canLimit)("without room for further watches the sources are looked at again and again, and that is told once", async () => {
  for (let file = 0; file < 20; file++) write(`pay/internal/f${file}.go`, "package x\n");
  const files = resolve(import.meta.dirname, "../../../cli/watch/files.ts");
  const script = `import { watchSources } from ${JSON.stringify(files)};
    const tell = (word) => (what) => console.log(word, what?.file ?? what ?? "");
    const sources = { folder: ${JSON.stringify(folder)}, also: [], ignore: [], output: "/nowhere" };
    await watchSources(sources, { onChange: tell("changed"), onPolling: tell("polling"), onError: tell("error") });
    console.log("ready");`;
  const command = `${limit} && exec "$0" --input-type=module -e "$1"`;
  const child = spawn("unshare", ["-Ur", "sh", "-c", command, process.execPath, script], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on("line", (line) => lines.push(line.trim()));
    await waitFor(() => lines.includes("ready"), { what: "readiness", timeoutMs: 20_000 });
    expect(lines).toEqual(["polling", "ready"]);
    write("pay/internal/f7.go", "package y\n");
    await waitFor(() => lines.includes("changed internal/f7.go"), { what: "the change", timeoutMs: 20_000 });
    expect(lines).toEqual(["polling", "ready", "changed internal/f7.go"]);
  } finally {
    child.kill("SIGKILL");
  }
});
