import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { commandNames } from "../../../cli/core/commands.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

test("a key that is pressed before the packages are installed installs nothing, and commands are completed already", () => {
  const clone = mkdtempSync(join(tmpdir(), "nitro-fresh-"));
  for (const path of ["cli", "common", "toolchain", "automation", "package.json", "package-lock.json"])
    cpSync(join(root, path), join(clone, path), { recursive: true });
  const start = (...args: string[]) =>
    spawnSync(process.execPath, [join(clone, "cli/core/start.ts"), ...args], { encoding: "utf8", env: { PATH: "", NITRO_HOME: clone } });
  const { status, stdout, stderr } = start("complete-words", "");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout.split("\n").map((line) => line.split("\t")[0])).toEqual([...commandNames, "help", ""]);
  expect(existsSync(join(clone, ".nitro"))).toBe(false);
  // Any other command asks for them.
  expect(start("help").stderr).toContain("npm");
  rmSync(clone, { recursive: true });
});
