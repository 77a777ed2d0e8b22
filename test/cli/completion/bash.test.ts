import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commandNames } from "../../../cli/core/commands.ts";

const main = fileURLToPath(new URL("../../../cli/core/main.ts", import.meta.url));
let folder: string;

/** A folder with a program `nitro`, a file backend of two stacks, and a file. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-completion-"));
  const stacks = join(folder, "backend/.pulumi/stacks/nitro");
  mkdirSync(stacks, { recursive: true });
  for (const file of ["alice.json", "alice.json.attrs", "alice.json.bak", "bob.json.gz"]) writeFileSync(join(stacks, file), "{}");
  writeFileSync(join(folder, "nitro"), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, { mode: 0o755 });
  mkdirSync(join(folder, "pay loads"));
  writeFileSync(join(folder, "payments"), "");
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Sources the printed script and lets bash's own completion function answer. @returns COMPREPLY, sorted, and what was printed beside it */
function completed(words: readonly string[], backend = `file://${folder}/backend`): { replies: string[]; printed: string } {
  const program = `set -u
source <("$1" completion bash) || exit 1
shift
[ "$(complete -p nitro)" = 'complete -F _nitro nitro' ] || exit 2
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_nitro >printed 2>&1
for reply in \${COMPREPLY[@]+"\${COMPREPLY[@]}"}; do printf '%s\\0' "$reply"; done
cat printed >&2`;
  const env = { PATH: process.env.PATH, HOME: folder, PULUMI_BACKEND_URL: backend };
  const args = ["--norc", "-c", program, "bash", join(folder, "nitro"), ...words];
  const { status, stdout, stderr } = spawnSync("bash", args, { cwd: folder, env, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return { replies: stdout.split("\0").slice(0, -1).sort(), printed: stderr };
}

test.each([
  [["./nitro", ""], [...commandNames, "help"].sort()],
  [
    ["~/nitro", "ledger", "ex"],
    ["explain", "export"],
  ],
  [["./nitro", "swap", "--pre"], ["--previous"]],
  [["./nitro", "up", "--bootstrap", "=", "ma"], ["manual"]],
  [["./nitro", "logs", "-f", "re"], ["redis"]],
  [
    ["./nitro", "-s", ""],
    ["alice", "bob"],
  ],
  [["./nitro", "ledger", "query", "--stack", "b"], ["bob"]],
  [
    ["./nitro", "up", "--binary", "pay"],
    ["pay loads", "payments"],
  ],
  [["./nitro", "ledger", "verify", "--dir", "pay"], ["pay loads"]],
  [["./nitro", "ledger", "query", "'SELECT $(touch x)", "--js"], ["--json"]],
  [["./nitro", "nothing", ""], []],
])("bash completes %j", (words, expected) => {
  expect(completed(words).replies).toEqual(expected);
});

test("a backend that is no folder has no names of stacks to offer", () => {
  expect(completed(["./nitro", "-s", ""], "s3://bucket").replies).toEqual([]);
  expect(completed(["./nitro", "-s", ""], `file://${folder}/none`).replies).toEqual([]);
});

test.each(["bash", "zsh", "fish"])("prints the script for %s, which asks nitro", (shell) => {
  const { status, stdout } = spawnSync(join(folder, "nitro"), ["completion", shell], { encoding: "utf8" });
  expect(status).toBe(0);
  expect(stdout).toMatch(new RegExp(`^# Completion of nitro for ${shell}:`, "m"));
  expect(stdout).toContain("complete-words");
});

test("other shells are refused", () => {
  const { status, stderr } = spawnSync(join(folder, "nitro"), ["completion", "tcsh"], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toContain('error: the shell is "tcsh": allowed are bash, zsh, fish');
});
