import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { anchorOf, readPage } from "./markdown.ts";
import { missingTargets, treeOf } from "./missing.ts";

const root = resolve(import.meta.dirname, "../..");

/** What git tracks, and what it would. */
function tracked(): string[] {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const names = execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\0");
  return [...new Set(names)].filter((name) => name !== "" && existsSync(join(root, name)));
}

test("every relative link and every path in the Markdown of this repository leads somewhere", () => {
  const tree = treeOf(tracked(), (file) => readFileSync(join(root, file), "utf8"));
  const pages = [...tree.files].filter((file) => file.endsWith(".md")).map((file) => readPage(tree.read(file)));
  expect(pages.flatMap(({ links }) => links).length).toBeGreaterThan(20);
  expect(pages.flatMap(({ words }) => words).length).toBeGreaterThan(500);
  expect(missingTargets(tree)).toEqual([]);
});

/** What is wrong with one page of a small repository. */
function found(page: string, name = "docs/page.md"): string[] {
  const files: Record<string, string> = {
    [name]: page,
    "docs/other.md": "# Other page\n\n## What `x` does, and why\n\n## Twice\n\n## Twice\n",
    "cli/core/main.ts": "",
    "cli/up.ts": "",
    "biome.json": "",
  };
  return missingTargets(treeOf(Object.keys(files), (file) => files[file] ?? ""));
}

test.each([
  ["[a](other.md)"],
  ["[a](other.md#other-page), [b](../docs/other.md#what-x-does-and-why)"],
  ["[a](other.md#twice-1)"],
  ["# Here\n\n[a](#here)"],
  ["[a](../cli/) [b](../cli/core) [c](https://example.com/gone.md) [d](mailto:a@example.com)"],
  ["[a]: ../cli/up.ts"],
  ["`cli/core/main.ts`, `./cli/up.ts:12`, `cli/{up,core/main}.ts`, `cli/*.ts`, `biome.json`, `other.md`, `../cli/`"],
  ["`cli/core/<name>.ts` and `cli/…`"],
  ["`@other/cli`, `go build ./cmd/payments`, `/tmp/x.md`, `bin/x`, `go.mod`, `../elsewhere`, `../../cli/x`"],
  ["`[a](gone.md)`"],
  ["```\n[a](gone.md)\n```"],
])("%j is in order", (page) => {
  expect(found(page)).toEqual([]);
});

test.each([
  ["\n[a](gone.md)", "docs/page.md:2: link gone.md: there is no docs/gone.md"],
  ["[a](other.md#gone)", "docs/page.md:1: link other.md#gone: docs/other.md has no heading #gone"],
  ["[a](#gone)", "docs/page.md:1: link #gone: docs/page.md has no heading #gone"],
  ["[a]: ../cli/gone.ts", "docs/page.md:1: link ../cli/gone.ts: there is no cli/gone.ts"],
  ["[a](other.md#twice-2)", "docs/page.md:1: link other.md#twice-2: docs/other.md has no heading #twice-2"],
  ["a\n\nb `cli/gone.ts` c", "docs/page.md:3: path cli/gone.ts: there is no such file or folder"],
  ["`node cli/gone.ts --x`", "docs/page.md:1: path cli/gone.ts: there is no such file or folder"],
  ["`cli/{up,gone}.ts`", "docs/page.md:1: path cli/gone.ts: there is no such file or folder"],
  ["`cli/gone/*.ts`", "docs/page.md:1: path cli/gone/*.ts: there is no such file or folder"],
  ["`cli/gone/<name>.ts`", "docs/page.md:1: path cli/gone/: there is no such file or folder"],
  ["`gone.ts`", "docs/page.md:1: path gone.ts: there is no such file or folder"],
  ["`../cli/gone`", "docs/page.md:1: path ../cli/gone: there is no such file or folder"],
  ["```sh\nnpx x cli/gone.ts\n```", "docs/page.md:2: path cli/gone.ts: there is no such file or folder"],
  ["    npx x cli/gone.ts", "docs/page.md:1: path cli/gone.ts: there is no such file or folder"],
])("%j is told with its place", (page, problem) => {
  expect(found(page)).toEqual([problem]);
});

test("a page names files of its own folder without it", () => {
  expect(found("`core/main.ts`, `up.ts`", "cli/README.md")).toEqual([]);
  expect(found("`core/gone.ts`", "cli/README.md")).toEqual(["cli/README.md:1: path core/gone.ts: there is no such file or folder"]);
});

test("anchors are GitHub's", () => {
  expect(anchorOf("An image of your team: `service.image`")).toBe("an-image-of-your-team-serviceimage");
  expect(anchorOf("Two [links](x.md) & more")).toBe("two-links--more");
});
