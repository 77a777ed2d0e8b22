import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isSkipped, isSource, type Unwatch, watchFile, watchSources } from "../../../cli/watch/files.ts";
import { waitFor } from "../../../testing/wait-for.ts";

let folder = "";
const ends: Unwatch[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-watch-"));
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
  rmSync(folder, { recursive: true, force: true });
});

/** Longer than a change takes to be told. */
const settled = () => sleep(600);

test.each([
  ["main.go", true],
  ["internal/pay/pay.go", true],
  ["go.mod", true],
  ["api/go.sum", true],
  ["go.work", true],
  ["vendor/modules.txt", true],
  ["internal/pay/pay_test.go", false],
  ["README.md", false],
  ["templates/mail.html", false],
])("%s is a source: %s", (path, expected) => expect(isSource(path, [])).toBe(expected));

test("patterns add sources, tests too", () => {
  expect(isSource("templates/a/mail.html", ["templates/**"])).toBe(true);
  expect(isSource("pay_test.go", ["*_test.go"])).toBe(true);
});

test.each([
  [".git/config", true],
  ["web/node_modules/x/y.go", true],
  ["internal/.cache/a.go", true],
  ["internal/a.go", false],
  ["", false],
])("%s is skipped: %s", (path, expected) => expect(isSkipped(path)).toBe(expected));

test("a file is told about when it is written, replaced, removed and comes back", async () => {
  const file = join(folder, "payments");
  writeFileSync(file, "one");
  let changes = 0;
  ends.push(watchFile(file, () => void changes++));
  await settled();
  expect(changes).toBe(0);
  const steps = [
    () => writeFileSync(file, "twice"),
    () => {
      writeFileSync(`${file}.new`, "third");
      renameSync(`${file}.new`, file);
    },
    () => unlinkSync(file),
    () => writeFileSync(file, "back"),
  ];
  for (const step of steps) {
    const before = changes;
    step();
    await waitFor(() => changes > before, { what: "the change" });
    await settled();
  }
});

test("a file in a folder that is not there yet is told about", async () => {
  const file = join(folder, "build", "payments");
  let changes = 0;
  ends.push(watchFile(file, () => void changes++));
  await settled();
  mkdirSync(join(folder, "build"));
  writeFileSync(file, "one");
  await waitFor(() => changes > 0, { what: "the change" });
});

test("sources are told about at any depth, once for each content, and nothing else is", async () => {
  mkdirSync(join(folder, "internal"));
  mkdirSync(join(folder, "node_modules"));
  for (const name of ["main.go", "internal/pay.go", "pay_test.go", "node_modules/x.go"]) writeFileSync(join(folder, name), "package x\n");
  const seen: string[] = [];
  const output = join(folder, "out.go");
  const fail = (error: unknown) => expect.fail(String(error));
  ends.push(await watchSources({ folder, also: [], output }, (file) => seen.push(file), fail));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

  write("internal/pay.go", "package y\n");
  await waitFor(() => seen.includes("internal/pay.go"), { what: "the change" });
  await settled();
  // The same content again, tests, other folders and the output are no changes.
  write("internal/pay.go", "package y\n");
  appendFileSync(join(folder, "pay_test.go"), "// more\n");
  write("node_modules/x.go", "package z\n");
  write("out.go", "package out\n");
  write("notes.txt", "hello\n");
  await settled();
  expect(seen).toEqual(["internal/pay.go"]);

  mkdirSync(join(folder, "fresh"));
  write("fresh/new.go", "package fresh\n");
  await waitFor(() => seen.includes("fresh/new.go"), { what: "the new file" });
  unlinkSync(join(folder, "main.go"));
  await waitFor(() => seen.includes("main.go"), { what: "the removal" });
});
