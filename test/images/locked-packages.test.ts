import { expect, test } from "vitest";
import { lockedPackages } from "../../images/locked-packages.ts";

const packages = {
  "": { dependencies: { a: "^1" }, devDependencies: { tool: "^1" } },
  "node_modules/a": { version: "1.0.0", integrity: "sha512-a", dependencies: { b: "^1", "@scope/c": "^1" } },
  "node_modules/a/node_modules/b": { version: "1.0.0", integrity: "sha512-b1", dependencies: { d: "^1" } },
  "node_modules/b": { version: "2.0.0", integrity: "sha512-b2" },
  "node_modules/@scope/c": {
    version: "1.0.0",
    integrity: "sha512-c",
    peerDependencies: { a: "^1" },
    optionalDependencies: { absent: "^1" },
  },
  "node_modules/d": { version: "1.0.0", integrity: "sha512-d" },
  "node_modules/tool": { version: "1.0.0", integrity: "sha512-tool" },
};
const lock = (changed: object = {}) => JSON.stringify({ packages: { ...packages, ...changed } });
const paths = (names: string[]) => lockedPackages(lock(), names).map(([path]) => path);

test("a package brings what it depends on, each as Node finds it from there", () => {
  expect(paths(["a"])).toEqual(["node_modules/@scope/c", "node_modules/a", "node_modules/a/node_modules/b", "node_modules/d"]);
  expect(paths(["b"])).toEqual(["node_modules/b"]);
});

test("one that the lock file does not have brings nothing", () => {
  expect(paths(["absent"])).toEqual([]);
});

test("another version changes those who depend on it, and nobody else", () => {
  const newer = lock({ "node_modules/d": { version: "1.0.1", integrity: "sha512-e" } });
  expect(lockedPackages(newer, ["a"])).not.toEqual(lockedPackages(lock(), ["a"]));
  expect(lockedPackages(newer, ["b", "tool"])).toEqual(lockedPackages(lock(), ["b", "tool"]));
});
