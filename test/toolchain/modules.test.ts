import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { ensureModules, modulesAreCurrent } from "../../toolchain/modules.ts";
import { deadPid, script, testFolder } from "./folder.ts";

let root: string;
let env: NodeJS.ProcessEnv;
const output = { isTTY: false, columns: 80, write: () => true };

/** An npm that installs one package, whose content is the lock file. */
const npm = 'echo "$*" >>../../../asked; [ "$1" = --version ] && exit; mkdir -p node_modules/one; cp package-lock.json node_modules/one/';

beforeEach(() => {
  root = testFolder();
  env = { PATH: `${script(join(root, "bin", "npm"), npm)}:/usr/bin:/bin` };
  writeFileSync(join(root, "package.json"), "{}");
  writeFileSync(join(root, "package-lock.json"), "first");
});

const installed = () => readFileSync(join(root, "node_modules/one/package-lock.json"), "utf8");

test("installs what the lock file says, and again only when it changed", async () => {
  await ensureModules(root, env, output);
  expect(installed()).toBe("first");
  expect(modulesAreCurrent(root)).toBe(true);
  env.PATH = script(join(root, "broken", "npm"), "exit 1");
  await ensureModules(root, env, output);

  writeFileSync(join(root, "package-lock.json"), "second");
  expect(modulesAreCurrent(root)).toBe(false);
  env.PATH = `${join(root, "bin")}:/usr/bin:/bin`;
  await ensureModules(root, env, output);
  expect(installed()).toBe("second");
  expect(readdirSync(join(root, ".nitro/npm"))).toEqual([]);
  expect(readFileSync(join(root, "asked"), "utf8")).toContain("ci --ignore-scripts");
});

test("two starts at once both end with whole packages", async () => {
  mkdirSync(join(root, "node_modules/old"), { recursive: true });
  await Promise.all([ensureModules(root, env, output), ensureModules(root, env, output)]);
  expect(installed()).toBe("first");
  expect(readdirSync(join(root, "node_modules")).sort()).toEqual([".nitro-package-lock.json", "one"]);
});

test("a failure shows npm's first lines, and leaves the packages that were there", async () => {
  await ensureModules(root, env, output);
  writeFileSync(join(root, "package-lock.json"), "second");
  env.PATH = script(join(root, "broken", "npm"), '[ "$1" = --version ] && exit; echo "npm error out of sync"; exit 1');
  await expect(ensureModules(root, env, output)).rejects.toThrow("npm error out of sync");
  expect(installed()).toBe("first");
  expect(readdirSync(join(root, ".nitro/npm"))).toEqual([]);
});

test("what a killed start left goes away", async () => {
  mkdirSync(join(root, ".nitro/npm", `.new-${deadPid}-abc`, "node_modules"), { recursive: true });
  await ensureModules(root, env, output);
  expect(readdirSync(join(root, ".nitro/npm"))).toEqual([]);
});
