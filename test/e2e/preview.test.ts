import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StackOutputs } from "../../model/outputs.ts";
import { pulumiEnvironment } from "../../toolchain/environment.ts";
import { buildSample } from "./build-sample.ts";
import { engineResources, nitro, nitroJson, root, run, tryNitro } from "./nitro.ts";

const stack = "e2e-preview";
const scratch = mkdtempSync(join(tmpdir(), "nitro-preview-e2e-"));
const base = join(scratch, "base.json");
const nowhere = { DOCKER_HOST: "tcp://127.0.0.1:1" };

afterAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  rmSync(scratch, { recursive: true, force: true });
});

/** Another checkout of the same files. @param edits per file, what to replace by what */
async function checkout(name: string, edits: Readonly<Record<string, readonly [string, string]>> = {}): Promise<string> {
  const folder = join(scratch, name);
  const listed = await run("git", ["ls-files", "--cached", "--others", "--exclude-standard"]);
  for (const file of listed.stdout
    .trim()
    .split("\n")
    .filter((each) => existsSync(join(root, each)))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(root, file), join(folder, file));
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  for (const [file, [from, to]] of Object.entries(edits)) {
    const text = readFileSync(join(folder, file), "utf8");
    if (!text.includes(from)) throw new Error(`${file} does not hold ${from}`);
    writeFileSync(join(folder, file), text.replaceAll(from, to));
  }
  return folder;
}

/** @returns the file of what a checkout declares, by its own code, where neither engine nor executable is */
async function blueprint(cwd: string, file = join(cwd, "blueprint.json")): Promise<string> {
  const args = ["preview", "--blueprint", "--settings", "Pulumi.dev.yaml"];
  const result = await run("./nitro", args, { cwd, env: nowhere });
  if (result.code !== 0) throw new Error(result.stderr);
  writeFileSync(file, result.stdout);
  return file;
}

/** A report as docs/previews.md quotes it, whatever the sources' hashes are now. */
const quoted = (markdown: string) =>
  markdown
    .trimEnd()
    .split("\n")
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");
const withoutHashes = (text: string) => text.replace(/source-[0-9a-f]{16}/g, "source-…");
const documented = (markdown: string) =>
  expect(withoutHashes(readFileSync(join(root, "docs/previews.md"), "utf8"))).toContain(withoutHashes(quoted(markdown)));

const compare = (head: string, ...more: string[]) => tryNitro("preview", "--base", base, "--head", head, ...more);

describe("two versions, without engine, executable or secret", () => {
  beforeAll(async () => void (await blueprint(root, base)));

  test("the same files declare the same, wherever they are, and nothing is left behind", async () => {
    const settings = readFileSync(join(root, "Pulumi.dev.yaml"), "utf8");
    const other = await checkout("same");
    expect(readFileSync(await blueprint(other), "utf8")).toBe(readFileSync(base, "utf8"));
    expect(readFileSync(join(other, "Pulumi.dev.yaml"), "utf8")).toBe(settings);
    expect(existsSync(join(other, "Pulumi.preview.yaml"))).toBe(false);
  });

  test("another program and another variable replace service and worker, and say why", async () => {
    const edits = {
      "sample/main.go": ["package main", "// new\npackage main"],
      "components/service.ts": ['DEBUG: "1"', 'DEBUG: "0"'],
    } as const;
    const head = await blueprint(await checkout("swap", edits));
    const { code, stdout } = await compare(head, "--markdown");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^### Preview of this change: 2 replaced\n/);
    expect(stdout).toMatch(
      /- container `service-container`\n {2}- `command`: `source-\w+` → `source-\w+`.*\n {2}- `envs`: `DEBUG=1` → `DEBUG=0`\n/,
    );
    expect(stdout).toMatch(/16 unchanged\n$/);
    documented(stdout);
    const failing = await compare(head, "--fail-on-replace");
    expect(failing.code).toBe(1);
    expect(failing.stderr).toBe("error: resources would be replaced, 2 of them (--fail-on-replace)\n");
  });

  test("another ledger replaces its image, and with it the containers that run it", async () => {
    const head = await blueprint(await checkout("image", { "ledger/main.ts": ["import", "// new\nimport"] }));
    const report = JSON.parse((await compare(head, "--json")).stdout) as { changes: { operation: string; name: string }[] };
    expect(report.changes.map(({ operation, name }) => `${operation} ${name}`).sort()).toEqual([
      "replace key-feeder-container",
      "replace ledger-container",
      "replace node-image",
    ]);
  });

  test("a broken policy fails a preview, and up before anything is created", async () => {
    const folder = await checkout("open", { "components/container.ts": ['ip: "127.0.0.1"', 'ip: "0.0.0.0"'] });
    const { code, stdout, stderr } = await compare(await blueprint(folder), "--markdown");
    expect(code).toBe(1);
    expect(stdout.match(/\(policy loopback-only\)/g)).toHaveLength(4);
    expect(stderr).toContain("policies would be broken, 4 times");
    documented(stdout);
    const up = await run("./nitro", ["up", "-s", stack], { cwd: folder });
    expect(up.code).toBe(1);
    expect(up.stderr).toMatch(
      /policies are broken, 4 times; nothing was changed:\n {2}- \w+-container: port \d+ is published on 0\.0\.0\.0/,
    );
    expect(await engineResources(stack)).toEqual({ containers: {}, networks: [], volumes: [], notes: [] });
    await run("./nitro", ["down", "-s", stack, "--yes"], { cwd: folder });
  });
});

test("settings that are wrong are told in one message, without a stack trace", async () => {
  const settings = join(scratch, "wrong.yaml");
  writeFileSync(settings, "config:\n  nitro:bootstrap: sometimes\n");
  const { code, stdout, stderr } = await run("./nitro", ["preview", "--blueprint", "--settings", settings], { env: nowhere });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^error: the configuration of stack "preview" has a problem:\n {2}- nitro:bootstrap is "sometimes"/);
  expect(stderr.match(/sometimes/g)).toHaveLength(1);
});

test("a new stack is previewed before it exists", async () => {
  const { code, stdout } = await run("./nitro", ["preview", "-s", "bob", "--markdown"], { env: nowhere });
  expect(code).toBe(0);
  documented(stdout);
});

test("Pulumi's engine runs the same policies as a pack, over any program", async () => {
  const cwd = join(scratch, "program");
  mkdirSync(join(cwd, "backend"), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(cwd, "node_modules"));
  writeFileSync(join(cwd, "package.json"), '{"version":"1.0.0","type":"module","main":"index.js"}');
  writeFileSync(join(cwd, "Pulumi.yaml"), "name: other\nruntime: nodejs\n");
  const container = `new docker.Container("c", { image: "redis:7", privileged: true, memory: 64 });`;
  writeFileSync(join(cwd, "index.js"), `import * as docker from "@pulumi/docker";\n${container}\n`);
  const backend = { PULUMI_BACKEND_URL: `file://${join(cwd, "backend")}`, PULUMI_CONFIG_PASSPHRASE: "x" };
  const env = { ...pulumiEnvironment({ ...process.env, ...nowhere }), ...backend };
  await run("pulumi", ["stack", "init", "s"], { cwd, env });
  const { code, stdout } = await run("pulumi", ["preview", "-s", "s", "--policy-pack", join(root, "policies", "pack")], { cwd, env });
  expect(code).not.toBe(0);
  expect(stdout).toContain("[mandatory]  unprivileged");
  expect(stdout).toContain("image redis:7 may be another one tomorrow");
});

test("a stack's own preview says what a swap replaces, shows no secret and changes nothing", async () => {
  await nitro("up", "-s", stack);
  const before = await engineResources(stack);
  const binary = join(scratch, "payments");
  await buildSample(binary, "2");
  const report = await nitroJson<{ changes: { operation: string; name: string }[] }>("preview", "-s", stack, "--binary", binary);
  expect(report.changes.map(({ operation, name }) => `${operation} ${name}`).sort()).toEqual([
    "replace service-container",
    "replace worker-container",
  ]);
  const outputs = await nitroJson<StackOutputs>("outputs", "-s", stack, "--show-secrets");
  const password = new URL(outputs.redisUrl).password;
  const manual = await tryNitro("preview", "-s", stack, "--bootstrap", "manual", "--markdown");
  expect(manual.stdout).toContain("- container `key-feeder-container`\n  - `envs`: `BOOTSTRAP=auto` → `BOOTSTRAP=manual`");
  expect(password).toHaveLength(32);
  expect(manual.stdout + manual.stderr + JSON.stringify(report)).not.toContain(password);
  expect(await engineResources(stack)).toEqual(before);
  expect(await nitro("preview", "-s", stack)).toBe(`Preview of stack ${stack}: nothing changes\n\n18 unchanged\n`);
});
