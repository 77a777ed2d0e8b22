import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const copy = mkdtempSync(join(tmpdir(), "nitro-floors-"));
const folders = ["common", "model", "docker", "ledger", "stacks", "components"];

beforeAll(() => {
  for (const name of ["biome.json", "package.json", ".gitignore", ...folders])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  spawnSync("git", ["init", "-q"], { cwd: copy });
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Lints the copy with the rules of this repository. */
function lint() {
  const { status, stdout, stderr } = spawnSync(join(root, "node_modules/.bin/biome"), ["lint", "."], { cwd: copy, encoding: "utf8" });
  return { status, text: stdout + stderr };
}

/** Adds lines to a file of the copy for one look. */
function planted(file: string, lines: string) {
  const path = join(copy, file);
  appendFileSync(path, lines);
  try {
    return lint();
  } finally {
    cpSync(join(root, file), path);
  }
}

test("the tree as it is keeps to its floors", () => {
  expect(lint()).toMatchObject({ status: 0 });
});

test.each([
  ["common/trace.ts", "../model/names.ts", "common/ is on floor 0: it may import from no other folder of ours"],
  ["stacks/aws/login.ts", "../../cli/core/command.ts", "stacks/ is on floor 6"],
  ["docker/health.ts", "../ledger/ids.ts", "docker/ is on floor 1"],
  ["ledger/ids.ts", "../common/errors.ts", "ledger/ is the server, which runs alone"],
  ["ledger/client/http.ts", "../../model/names.ts", "ledger/client/ is on floor 1"],
  ["docker/ssh.ts", "node:child_process", "Child processes are started by common/process.ts"],
])("%s must not import from %s", (file, specifier, message) => {
  const { status, text } = planted(file, `\nexport type * from "${specifier}";\n`);
  expect(status).toBe(1);
  expect(text).toContain("noRestrictedImports");
  expect(text).toContain(message);
  expect(planted(file, `\nexport const later = () => import("${specifier}");\n`).text).toContain(message);
});

test("a circle of types alone is refused", () => {
  writeFileSync(join(copy, "common/one.ts"), 'import type { Two } from "./two.ts";\n\nexport type One = Two | undefined;\n');
  writeFileSync(join(copy, "common/two.ts"), 'import type { One } from "./one.ts";\n\nexport type Two = readonly One[];\n');
  const { status, text } = lint();
  for (const name of ["one", "two"]) rmSync(join(copy, `common/${name}.ts`));
  expect(status).toBe(1);
  expect(text).toContain("common/one.ts:1");
  expect(text).toContain("noImportCycles");
});
