import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runBuild } from "../../../cli/watch/build.ts";
import { lookingAtOutput } from "../../../cli/watch/output.ts";

let cwd = "";
let told: string[] = [];
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "nitro-output-"));
  told = [];
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

/** @returns runs the command once more, as after a change */
function building(command: string): () => Promise<void> {
  const run = (signal: AbortSignal) => runBuild({ command, cwd, env: process.env, arch: "amd64" }, signal);
  const build = lookingAtOutput(join(cwd, "payments"), "payments", run);
  return () => build(new AbortController().signal, (text) => told.push(text));
}

test("a build that never writes the file is told so after a change, not before", async () => {
  writeFileSync(join(cwd, "payments"), "old");
  const build = building("echo new > other");
  await build();
  expect(told).toEqual([]);
  await build();
  expect(told).toEqual([
    "the build ended well but did not write payments, nor has any since the watch began: where it writes another file, name that with --binary FILE",
  ]);
});

test("a build that found nothing to do, and wrote the file at another time, is told nothing", async () => {
  writeFileSync(join(cwd, "payments"), "old");
  const build = building("[ -e stamp ] || { touch stamp; exit; }; [ -e done ] || { touch done; echo new > payments; }");
  await build();
  await build();
  await build();
  expect(told).toEqual([]);
});

test("where there is no such file even after the build, that is its failure", async () => {
  const build = building("echo new > other");
  await expect(build()).rejects.toMatchObject({
    message: "the build ended well but did not write payments",
    hint: "name its output with --binary FILE",
  });
});

test("a build that fails is told with its own words", async () => {
  await expect(building("echo no; exit 3")()).rejects.toThrow("the build failed (exit code 3):\nno");
});
