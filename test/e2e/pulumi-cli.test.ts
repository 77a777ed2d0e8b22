import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ArmedBackend } from "../../automation/armed-backend.ts";
import { type EngineEvent, outcomeOf } from "../../automation/events.ts";
import { InlineHost, type Program } from "../../automation/inline-host.ts";
import { parseLock, stackLockFolder } from "../../automation/lock.ts";
import { runPulumi } from "../../automation/process.ts";
import { Stack } from "../../automation/stack.ts";
import { checkpointFiles, mendAttributes, readStateFile } from "../../automation/state.ts";
import { parseDigest } from "../../previews/digest.ts";
import { pulumiEnvironment } from "../../toolchain/environment.ts";

// What we use of the pulumi program beyond what it promises. Where one of these fails after another version was pinned in toolchain/pins.json, the
// file that the test names has to follow. It needs that program and no container engine.

const stack = "alice";
let cwd: string;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), "nitro-pulumi-"));
  writeFileSync(join(cwd, "Pulumi.yaml"), "name: nitro\nruntime: nodejs\n");
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

beforeEach(async () => {
  folder = mkdtempSync(join(cwd, "backend-"));
  env = surroundings(`file://${folder}`);
  await call(["stack", "init", stack, "--no-select"]);
});

function surroundings(url: string): Record<string, string> {
  const given = { ...process.env, PULUMI_BACKEND_URL: url, PULUMI_CONFIG_PASSPHRASE: "nothing is kept" };
  return Object.fromEntries(Object.entries({ ...given, ...pulumiEnvironment(given) }).filter((entry) => entry[1] !== undefined)) as Record<
    string,
    string
  >;
}

/** @returns what it printed besides events. @throws with that where it fails */
async function call(args: string[], onStart?: (pid: number) => void, onEvent?: (event: EngineEvent) => void): Promise<string> {
  const result = await runPulumi({ args: [...args, "--non-interactive", "--color", "never"], env, cwd, onStart, onEvent });
  if (result.exitCode !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${result.exitCode}:\n${result.output}\n${result.errors}`);
  return result.output;
}

/** Updates the stack by a program in this process. @returns pulumi's process id, and its events */
async function update(program: (pid: number) => ReturnType<Program>): Promise<{ pid: number; events: EngineEvent[] }> {
  const started = Promise.withResolvers<number>();
  const events: EngineEvent[] = [];
  const host = await InlineHost.start(async () => async () => await program(await started.promise));
  try {
    const args = ["up", "--skip-preview", "--json", "--stack", stack, "--client", host.address];
    await call(args, started.resolve, (event) => void events.push(event));
    return { pid: await started.promise, events };
  } finally {
    host.close();
  }
}

const component = (name: string) => new pulumi.ComponentResource("nitro:test:Part", name);
const urns = async (backend: string) => (await readStateFile(backend, stack))?.resources.map(({ urn }) => urn.split("::").at(-1));

describe("the pulumi program", () => {
  test("refuses to make a stack that another command has just made, in the words that automation/stack.ts knows", async () => {
    const streams = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr };
    const signals = { signal: new AbortController().signal, kill: new AbortController().signal };
    const second = new Stack(stack, { env, cwd, root: cwd, ...streams, ...signals });
    await expect(second.create()).rejects.toMatchObject({
      message: 'stack "alice" is being made by another command',
      hint: "wait for it, then: ./nitro up -s alice",
    });
  });

  test("locks a stack in the file that automation/lock.ts reads, in its words, while an update goes on", async () => {
    let locks: string[] = [];
    let text = "";
    const { pid } = await update(async () => {
      locks = readdirSync(stackLockFolder(folder, stack)).filter((name) => name.endsWith(".json"));
      text = readFileSync(join(stackLockFolder(folder, stack), locks[0] ?? ""), "utf8");
      return {};
    });
    expect(locks).toEqual([expect.stringMatching(/^[0-9a-f-]{36}\.json$/)]);
    expect(parseLock(text)).toMatchObject({
      pid,
      hostname: hostname(),
      username: expect.any(String),
      timestamp: expect.stringMatching(/^\d{4}-/),
    });
    expect(readdirSync(stackLockFolder(folder, stack)).filter((name) => name.endsWith(".json"))).toEqual([]);
  });

  test("keeps the state in the file, and in the form, that automation/state.ts reads", async () => {
    expect(await readStateFile(folder, stack)).toEqual({ resources: [], pending: [] });
    await update(async () => {
      component("one");
      return {};
    });
    expect(await urns(folder)).toEqual([`nitro-${stack}`, "one"]);
    expect((await readStateFile(folder, stack))?.resources.map(({ type }) => type)).toEqual(["pulumi:pulumi:Stack", "nitro:test:Part"]);
  });

  test("packs the state, where it is told to, into the file that automation/state.ts reads then", async () => {
    env = { ...env, PULUMI_DIY_BACKEND_GZIP: "true" };
    await update(async () => {
      component("one");
      return {};
    });
    expect(readdirSync(join(folder, ".pulumi/stacks/nitro"))).toContain(`${stack}.json.gz`);
    rmSync(checkpointFiles(folder, stack)[0], { force: true });
    expect(await urns(folder)).toEqual([`nitro-${stack}`, "one"]);
  });

  test("gives way to automation/state.ts, which removes attributes that it left empty: without that it fails, without them it works", async () => {
    await update(async () => ({}));
    const attributes = `${checkpointFiles(folder, stack)[0]}.attrs`;
    truncateSync(attributes);
    await expect(call(["stack", "export", "--stack", stack])).rejects.toThrow();
    await mendAttributes(folder, stack);
    expect(JSON.parse(await call(["stack", "export", "--stack", stack]))).toMatchObject({ version: 3 });
  });

  test("writes what an update changes into the folders that automation/armed-backend.ts shares, and works in such a copy", async () => {
    await update(async () => ({}));
    const armed = await ArmedBackend.copy(folder, join(cwd, "armed"), stack, []);
    if (armed === undefined) throw new Error("nothing was copied");
    const copy = fileURLToPath(armed.url);
    const real = env;
    env = surroundings(armed.url);
    let joined = false;
    await update(async (pid) => {
      expect(readdirSync(stackLockFolder(folder, stack)).filter((name) => name.endsWith(".json"))).toEqual([]);
      joined = await armed.join(pid);
      component("two");
      return {};
    });
    env = real;
    const inside = readdirSync(join(copy, ".pulumi"), { withFileTypes: true });
    const links = inside.filter((entry) => entry.isSymbolicLink()).map(({ name }) => name);
    const own = inside.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    await armed.remove();
    expect({ joined, links: links.sort(), own }).toEqual({ joined: true, links: ["backups", "history", "stacks"], own: ["locks"] });
    expect(await urns(folder)).toEqual([`nitro-${stack}`, "two"]);
    expect(JSON.parse(await call(["stack", "export", "--stack", stack]))).toMatchObject({ version: 3 });
  });

  test("prints the events that automation/events.ts reads, with secrets masked in its way", async () => {
    const { events } = await update(async () => ({ open: "seen", hidden: pulumi.secret("unseen") }));
    expect(outcomeOf(events)).toMatchObject({ outputs: { open: "seen", hidden: "[secret]" }, errors: [] });
    expect(JSON.stringify(events)).not.toContain("unseen");
  });

  test("prints the digest of a preview that previews/digest.ts reads", async () => {
    const host = await InlineHost.start(async () => async () => {
      component("one");
      return {};
    });
    try {
      const digest = parseDigest(await call(["preview", "--json", "--show-sames", "--stack", stack, "--client", host.address]));
      const made = digest?.steps?.find(({ urn }) => urn.endsWith("::one"));
      expect(made).toMatchObject({ op: "create", newState: { type: "nitro:test:Part", custom: false } });
    } finally {
      host.close();
    }
  });
});
