import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const copy = mkdtempSync(join(tmpdir(), "nitro-floors-"));
const folders = ["common", "model", "docker", "ledger", "stacks", "components", "dashboard"];

beforeAll(() => {
  for (const name of ["biome.json", "package.json", ".gitignore", ...folders])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  spawnSync("git", ["init", "-q"], { cwd: copy });
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Lints the copy with the rules of this repository. */
function lint() {
  const { status, stdout, stderr } = spawnSync(
    join(root, "node_modules/.bin/biome"),
    ["lint", "--max-diagnostics=none", "--reporter=github", "."],
    { cwd: copy, encoding: "utf8" },
  );
  return { status, lines: (stdout + stderr).split("\n") };
}

const upward = [
  ["common/trace.ts", "../model/names.ts", "common/ is on floor 0: it may import from no other folder of ours"],
  ["stacks/aws/login.ts", "../../cli/core/command.ts", "stacks/ is on floor 6"],
  ["docker/health.ts", "../ledger/ids.ts", "docker/ is on floor 1"],
  ["ledger/ids.ts", "../common/errors.ts", "ledger/ is the server, which runs alone"],
  ["dashboard/routes.ts", "../data/lines.ts", "dashboard/ is on floor 4"],
  ["dashboard/page/visible.ts", "../routes.ts", "dashboard/page/ runs in the browser"],
  ["ledger/client/http.ts", "../../model/names.ts", "ledger/client/ is on floor 1"],
] as const;

test("the tree as it is keeps to its floors", () => {
  expect(lint()).toMatchObject({ status: 0 });
});

test.each([
  ["a type", (specifier: string) => `export type * from "${specifier}";`],
  ["an import at run time", (specifier: string) => `export const later = () => import("${specifier}");`],
])("%s from a floor above is refused, with the rule's reason", (_, statement) => {
  for (const [file, specifier] of upward) appendFileSync(join(copy, file), `\n${statement(specifier)}\n`);
  const { status, lines } = lint();
  for (const [file] of upward) cpSync(join(root, file), join(copy, file));
  expect(status).toBe(1);
  for (const [file, , reason] of upward) {
    const found = lines.filter((line) => line.includes("noRestrictedImports") && line.includes(`/${file},`));
    expect(found, file).toHaveLength(1);
    expect(found[0]).toContain(reason);
  }
});

test("a circle of types alone is refused", () => {
  writeFileSync(join(copy, "common/one.ts"), 'import type { Two } from "./two.ts";\n\nexport type One = Two | undefined;\n');
  writeFileSync(join(copy, "common/two.ts"), 'import type { One } from "./one.ts";\n\nexport type Two = readonly One[];\n');
  const { status, lines } = lint();
  for (const name of ["one", "two"]) rmSync(join(copy, `common/${name}.ts`));
  expect(status).toBe(1);
  for (const name of ["one", "two"])
    expect(lines.filter((line) => line.includes("noImportCycles") && line.includes(`/common/${name}.ts,`))).toHaveLength(1);
});
