import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sourcesStamp } from "../../../cli/keeper/sources.ts";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nitro-sources-"));
  for (const folder of ["stacks/aws", "images/base", "test", "sample", ".nitro", "node_modules"]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  for (const file of ["index.ts", "package.json", "stacks/aws/role.ts", "images/base/nitro-run", "Pulumi.alice.yaml"]) {
    writeFileSync(join(root, file), "1");
  }
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

test.each(["index.ts", "package.json", "stacks/aws/role.ts", "stacks/new.ts", "images/base/nitro-run"])("%s counts", (file) => {
  const before = sourcesStamp(root);
  expect(sourcesStamp(root)).toBe(before);
  writeFileSync(join(root, file), "23");
  expect(sourcesStamp(root)).not.toBe(before);
});

test.each(["Pulumi.alice.yaml", "README.md", "test/a.test.ts", "sample/main.go", ".nitro/x", "node_modules/x"])("%s does not", (file) => {
  const before = sourcesStamp(root);
  writeFileSync(join(root, file), "23");
  expect(sourcesStamp(root)).toBe(before);
});
