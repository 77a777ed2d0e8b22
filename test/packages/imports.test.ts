import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { packageName } from "../../images/program-inputs.ts";

const root = join(import.meta.dirname, "../..");

interface Manifest {
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const { name: own, dependencies, devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;

/** Files that no command, no stack and no user's own test ever loads; examples are tests too. */
const isForDevelopment = (file: string) => /^(test|bench|examples|docs\/generate)\/|^vitest\.config\.ts$/.test(file);

/** The packages that a source names: in imports of types too, and in what it loads by `require`. */
function packagesOf(text: string): string[] {
  const imported = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  const required = [...text.matchAll(/createRequire\([^()]*\)\("([^"]+)"\)/g)].map(([, specifier = ""]) => specifier);
  const named = [...imported, ...required].filter((each) => !/^(\.|\/|node:|\$)/.test(each) && !builtinModules.includes(each));
  return named.map(packageName).filter((name) => name !== own);
}

/** Each package, and the first file that names it. */
function users(files: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of files)
    for (const name of packagesOf(readFileSync(join(root, file), "utf8"))) if (!found.has(name)) found.set(name, file);
  return found;
}

const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "*.ts", "*.tsx"], {
  cwd: root,
  encoding: "utf8",
});
const deleted = execFileSync("git", ["ls-files", "--deleted"], { cwd: root, encoding: "utf8" }).split("\n");
const files = listed.split("\n").filter((file) => file !== "" && !deleted.includes(file));
const product = users(files.filter((file) => !isForDevelopment(file)));
const development = users(files.filter(isForDevelopment));

describe("package.json", () => {
  test("every package that a command or a stack imports is a dependency", () => {
    expect([...product].filter(([name]) => !(name in dependencies))).toEqual([]);
  });

  test("every package that a test or a benchmark imports is declared", () => {
    expect([...development].filter(([name]) => !(name in dependencies) && !(name in devDependencies))).toEqual([]);
  });

  test("no dependency is there that only tests import, or nobody", () => {
    expect(Object.keys(dependencies).filter((name) => !product.has(name))).toEqual([]);
  });

  test("packages whose private parts are used have one exact version", () => {
    const pinned = Object.entries(dependencies).filter(([name]) => name.startsWith("@pulumi/"));
    expect(pinned.map(([name]) => name).sort()).toEqual([
      "@pulumi/aws",
      "@pulumi/docker",
      "@pulumi/policy",
      "@pulumi/pulumi",
      "@pulumi/random",
    ]);
    expect(pinned.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });
});

test.each<[string, string[]]>([
  ['import type { A } from "@scope/types";\nimport { b } from "b/inner.js";', ["@scope/types", "b"]],
  ['const c = await import("c");\nconst d = require("d") as typeof import("@types/d");', ["c", "d", "@types/d"]],
  ['createRequire(import.meta.url)("@pulumi/pulumi/inner.js");', ["@pulumi/pulumi"]],
  ['import { f } from "node:fs";\nimport { g } from "./g.ts";\nconst net = require("net");\nexport type { H } from "h";', ["h"]],
])("in %j these packages are named: %j", (text, names) => {
  expect(packagesOf(text).sort()).toEqual(names.sort());
});
