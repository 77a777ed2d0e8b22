import { build } from "esbuild";
import { expect, test } from "vitest";
import { programs, repository } from "../../images/inputs.ts";
import { importsOf, isProgramInput, packageName, programInputs } from "../../images/program-inputs.ts";

const entries = Object.values(programs);
const known = programInputs(repository, entries);

/** What esbuild reads for the programs: paths relative to the repository. */
async function bundled(): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: repository,
    entryPoints: entries,
    outdir: "app",
    write: false,
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    metafile: true,
    logLevel: "silent",
  });
  return Object.keys(metafile.inputs);
}

test("the import statements name what the bundler reads: no source less, none more, and every package", async () => {
  const inputs = await bundled();
  expect(known.sources.map(([path]) => path)).toEqual(inputs.filter((input) => !input.includes("node_modules/")).sort());
  expect(inputs.filter((input) => !isProgramInput(known, input))).toEqual([]);
});

test("a program depends on its own packages and on the bundler, not on what others use", () => {
  const paths = known.packages.map(([path]) => path);
  expect(paths).toEqual(expect.arrayContaining(["node_modules/esbuild", "node_modules/ion-js", "node_modules/ioredis"]));
  expect(paths.filter((path) => /@pulumi|vitest|typescript|biome/.test(path))).toEqual([]);
});

test.each([
  ["images/README.md", false],
  ["ledger/README.md", false],
  ["ledger/main.ts", true],
  ["node_modules/ioredis/built/index.js", true],
  ["node_modules/@aws-sdk/client-s3/dist-es/index.js", true],
  ["node_modules/vitest/dist/index.js", false],
  ["node_modules/ioredis-stranger/index.js", false],
])("whether programs depend on %s: %s", (input, does) => {
  expect(isProgramInput(known, input)).toBe(does);
});

test.each<[string, string[]]>([
  ['import { a } from "./a.ts";', ["./a.ts"]],
  ['import {\n  type A,\n  b,\n} from "../b.ts";\nimport "./c.ts";', ["../b.ts", "./c.ts"]],
  ['import * as s3 from "@aws-sdk/client-s3";\nexport * from "./d.ts";', ["@aws-sdk/client-s3", "./d.ts"]],
  ['import json from "./pins.json" with { type: "json" };', ["./pins.json"]],
  ['  const { e } = await import("./e.ts");', ["./e.ts"]],
  ['import type { F } from "./f.ts";\nexport type { G } from "./g.ts";', []],
  ['export const from = "./h.ts";\nexport function i(): string {\n  return "./i.ts";\n}', []],
  ['// as in import { j } from "./j.ts"', []],
])("what %j imports when it runs: %j", (text, specifiers) => {
  expect(importsOf(text)).toEqual(specifiers);
});

test("a package is named by the start of what is imported from it", () => {
  expect(["ion-js", "ion-js/dist/x.js", "@aws-sdk/client-s3", "@aws-sdk/client-s3/x"].map(packageName)).toEqual([
    "ion-js",
    "ion-js",
    "@aws-sdk/client-s3",
    "@aws-sdk/client-s3",
  ]);
});
