import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/** Beyond this a file is of more than one thing. */
const mostLines = 400;

test("no source, and no test, is longer than 400 lines", () => {
  const patterns = ["*.ts", "*.tsx", "*.go", "*.js", "*.mjs", "*.py", "*.sh", "nitro"];
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", ...patterns], { cwd: root, encoding: "utf8" });
  const lengths = files
    .trim()
    .split("\n")
    .map((file) => ({ file, lines: readFileSync(join(root, file), "utf8").trimEnd().split("\n").length }));
  expect(lengths.length).toBeGreaterThan(900);
  expect(lengths.filter(({ lines }) => lines > mostLines)).toEqual([]);
});
