import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { Engine } from "../../docker/engine.ts";
import { stackNames } from "../../model/names.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { buildSample } from "./build-sample.ts";
import { engineResources, nitro, nitroJson, root, tryNitro } from "./nitro.ts";
import { runningHash } from "./running-program.ts";

const stack = "e2e-swap-killed";
const roles = ["service", "worker"] as const;
const names = stackNames(stack).containers;
const scratch = mkdtempSync(join(tmpdir(), "nitro-e2e-"));
const binary = join(scratch, "payments");
/** Another one draws other moments. */
const seed = 20_261_125;
const hashes: string[] = [];
/** How long a swap takes on this machine, in ms. */
let usual = 0;

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  for (const version of ["0", "1"]) {
    const file = await buildSample(join(scratch, version), `killed-${version}`);
    hashes.push(createHash("sha256").update(readFileSync(file)).digest("hex"));
  }
  build(0);
  await nitro("up", "-s", stack, "--binary", binary);
  build(1);
  const began = Date.now();
  await nitro("swap", "-s", stack);
  usual = Date.now() - began;
});

afterAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  rmSync(scratch, { recursive: true, force: true });
});

/** Puts an executable in place, as a build does. */
function build(number: number): void {
  copyFileSync(join(scratch, String(number % 2)), `${binary}.new`);
  renameSync(`${binary}.new`, binary);
}

/** Numbers in [0, 1) that are the same in each run: mulberry32. */
function random(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @returns its exit code, as a shell says it: of one that Ctrl-C ends before it listens to signals, too */
async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.signalCode === "SIGINT" ? 130 : child.exitCode;
}

/** What status says of service and worker, as soon as it does not change while it is looked at: a killed command's pulumi may go on for a moment. */
async function steadyStatus(): Promise<StackStatus> {
  return await waitFor(
    async () => {
      const before = await Promise.all(roles.map((role) => runningHash(names[role])));
      const status = JSON.parse((await tryNitro("status", "-s", stack, "--json")).stdout) as StackStatus;
      const after = await Promise.all(roles.map((role) => runningHash(names[role])));
      const said = roles.map((role) => status.parts.find((part) => part.role === role)?.running?.sha256);
      return JSON.stringify(before) === JSON.stringify(after) && JSON.stringify(said) === JSON.stringify(after) ? status : undefined;
    },
    { what: "status says what runs", timeoutMs: 60_000 },
  );
}

/** The same command until nobody holds the stack any more, as its message asks for. */
async function sameCommand(): Promise<string> {
  return await waitFor(
    async () => {
      const { code, stdout, stderr } = await tryNitro("swap", "-s", stack);
      if (code === 0) return stdout;
      expect(stderr).toMatch(/is being changed by .*\n {2}wait for it/);
      return undefined;
    },
    { what: "the stack is free", timeoutMs: 60_000, intervalMs: 500 },
  );
}

/** Kills, and at which hundredth of a swap's time: every fifth of it has two. */
const draw = random(seed);
const moments = Array.from({ length: 10 }, (_, index) => {
  const signal = (["SIGKILL", "SIGINT"] as const)[index % 2] ?? "SIGKILL";
  return [signal, Math.floor((draw() + Math.floor(index / 2)) * 20), index % 2] as const;
});

test.each(moments)(
  "a swap that ends by %s after %i percent of its time leaves one or none, says so, and the same command goes on",
  async (signal, percent, next) => {
    const resources = await engineResources(stack);
    build(next);
    const child = spawn("./nitro", ["swap", "-s", stack], { cwd: root, stdio: "ignore" });
    await sleep((usual * percent) / 100);
    child.kill(signal);
    const code = await ended(child);
    if (signal === "SIGINT") expect([0, 130]).toContain(code);
    const status = await steadyStatus();
    for (const part of status.parts) {
      const runs = part.running?.sha256;
      if (part.role !== "service" && part.role !== "worker") expect(part.state).toBe("running");
      else if (runs === undefined) expect(["missing", "created", "exited", "removing"]).toContain(part.state);
      else expect(hashes).toContain(runs);
    }
    await sameCommand();
    for (const role of roles) expect(await runningHash(names[role])).toBe(hashes[next]);
    expect(await nitroJson<StackStatus>("status", "-s", stack)).toMatchObject({ healthy: true, sealed: false });
    const after = await engineResources(stack);
    const { service: _service, worker: _worker, ...others } = after.containers;
    expect(resources.containers).toMatchObject(others);
    expect([after.networks, after.volumes]).toEqual([resources.networks, resources.volumes]);
  },
);

test("what was stopped runs again by a swap to the same executable", async () => {
  const before = await runningHash(names.worker);
  await Engine.connect().stop(names.service, { graceSeconds: 1 });
  const { code, stdout, stderr } = await tryNitro("swap", "-s", stack);
  expect([code, stderr]).toEqual([0, expect.stringContaining(`! container ${names.service} does not run (exited)\n`)]);
  expect(stdout).toContain(`service: ${before?.slice(0, 12)} runs again, unchanged, in a new container\n`);
  expect(await runningHash(names.service)).toBe(before);
});

test("after all that, a payout is paid", async () => {
  await nitro("pay", "-s", stack, "--count", "3");
});
