import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const exported = /^export (?:abstract |async |declare )*(?:function\*?|class|interface|type|const|enum|let) (\w+)/gm;

/** Every command's file exports its declaration under this name, and nothing else is called so. */
const shared = new Set(["command"]);

test("no two exports of different files have one name", () => {
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts", "*.tsx", ":!test"], {
    cwd: root,
    encoding: "utf8",
  }).trim();
  const holders = new Map<string, Set<string>>();
  for (const file of files.split("\n")) {
    const text = readFileSync(join(root, file), "utf8");
    for (const [, name = ""] of text.matchAll(exported)) holders.set(name, (holders.get(name) ?? new Set()).add(file));
  }
  expect(holders.size).toBeGreaterThan(1_000);
  const twice = [...holders].filter(([name, where]) => where.size > 1 && !shared.has(name));
  expect(twice.map(([name, where]) => `${name}: ${[...where].join(", ")}`)).toEqual([]);
});
