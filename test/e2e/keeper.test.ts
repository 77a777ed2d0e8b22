import { createHash } from "node:crypto";
import { closeSync, copyFileSync, existsSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { endKeeper, keeperState } from "../../cli/keeper/client.ts";
import { type KeeperState, keeperFolder } from "../../cli/keeper/protocol.ts";
import { startKeeper } from "../../cli/keeper/start.ts";
import type { StackRow } from "../../cli/stack-rows.ts";
import { descendants, listProcesses } from "../../common/process-tree.ts";
import { Engine } from "../../docker/engine.ts";
import { readRunning } from "../../executable/running.ts";
import { stackNames } from "../../model/names.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { buildCrashing, buildSample } from "./build-sample.ts";
import { engineResources, exportedResources, nitro, nitroJson, type Result, root, run, stateChanges } from "./nitro.ts";
import { whileRedisIsSilent } from "./silent-redis.ts";
import { Watcher } from "./watcher.ts";

const stack = "e2e-keeper";
const { containers } = stackNames(stack);
const scratch = mkdtempSync(join(tmpdir(), "nitro-e2e-"));
const binary = join(scratch, "payments");
const engine = Engine.connect();
const builds = { one: join(scratch, "one"), two: join(scratch, "two"), crashing: join(scratch, "crashing") };
/** What a swap by an update of its own says, and one by a keeper does not. */
const cold = "✓ container";

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  await buildSample(builds.one, "keeper-one");
  await buildSample(builds.two, "keeper-two");
  await buildCrashing(builds.crashing, "no good today");
  put("one");
});

afterAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  rmSync(scratch, { recursive: true, force: true });
});

const sha256 = (name: keyof typeof builds) => createHash("sha256").update(readFileSync(builds[name])).digest("hex");

/** As a build does: whole, by a rename. */
function put(name: keyof typeof builds): void {
  copyFileSync(builds[name], `${binary}.new`);
  renameSync(`${binary}.new`, binary);
}

/** Runs `./nitro …` at a terminal: what it says comes as standard output. */
function atTerminal(...args: string[]): Promise<Result> {
  return run("env", ["-u", "CI", "script", "-qefc", `./nitro ${args.join(" ")}`, "/dev/null"]);
}

/** What people do who have no terminal here but the environment of one. */
const swap = (env: NodeJS.ProcessEnv = {}) => run("env", ["-u", "CI", "./nitro", "swap", "-s", stack], { env });

async function running(): Promise<(string | undefined)[]> {
  return Promise.all([containers.service, containers.worker].map(async (name) => (await readRunning(engine, name))?.sha256));
}

async function armed(): Promise<KeeperState> {
  const look = async () => {
    const state = await keeperState(root, stack);
    if (state?.armed === true) return state;
    throw new Error(`${JSON.stringify(state)}, keeper.log: ${readFileSync(join(keeperFolder(root, stack), "keeper.log"), "utf8")}`);
  };
  return waitFor(look, { what: "an armed keeper", timeoutMs: 60_000 });
}

const lives = (pid: number) => listProcesses().some((each) => each.pid === pid);

test("without a terminal, in CI or with swap.keep 0 nothing is left in the background", async () => {
  await nitro("up", "-s", stack, "--binary", binary);
  expect(await keeperState(root, stack)).toBeUndefined();
  const inCi = await run("env", ["CI=true", "script", "-qefc", `./nitro swap -s ${stack}`, "/dev/null"]);
  expect([inCi.code, await keeperState(root, stack)]).toEqual([0, undefined]);
});

test("a swap at a terminal leaves the next one ready; status and ls tell by whom, and what it takes", async () => {
  expect((await atTerminal("swap", "-s", stack)).code).toBe(0);
  const { pid, memory } = await armed();
  expect(lives(pid)).toBe(true);
  expect(memory).toBeLessThan(200 * 1024 * 1024);
  expect(await nitro("status", "-s", stack)).toMatch(new RegExp(`the next swap is ready: process ${pid}, \\d+ MiB, ends in \\d+m`));
  expect((await nitroJson<{ keeper: KeeperState }>("status", "-s", stack)).keeper.pid).toBe(pid);
  expect((await nitroJson<StackRow[]>("ls")).find(({ name }) => name === stack)?.keeper?.pid).toBe(pid);
});

test("the next swap is done by it: both run the new executable, in new containers, and nothing else changed", async () => {
  const [before, { pid }, state] = [await engineResources(stack), await armed(), await exportedResources(stack)];
  put("two");
  const { code, stdout, stderr } = await swap();
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain(`service: ${sha256("one").slice(0, 12)} → ${sha256("two").slice(0, 12)}`);
  expect(await running()).toEqual([sha256("two"), sha256("two")]);
  const after = await engineResources(stack);
  const changed = Object.keys(after.containers).filter((role) => after.containers[role] !== before.containers[role]);
  expect(changed.sort()).toEqual(["service", "worker"]);
  expect([after.networks, after.volumes]).toEqual([before.networks, before.volumes]);
  const states = stateChanges(state, await exportedResources(stack));
  expect(Object.keys(states).sort()).toEqual([`nitro-${stack}`, "service-container", "worker-container"]);
  expect(states[`nitro-${stack}`]).toEqual(["outputs"]);
  expect((await armed()).pid).toBe(pid);
  expect((await swap()).stdout).toContain("worker: unchanged");
  const { changes } = await nitroJson<{ changes: Record<string, number> }>("up", "-s", stack);
  expect(Object.keys(changes).filter((operation) => operation !== "same")).toEqual([]);
});

test("an executable that crashes is told with its log and the way back, and the next swap mends it", async () => {
  await armed();
  put("crashing");
  const crashed = await swap();
  expect(crashed.code).toBe(1);
  expect(crashed.stderr).toContain("no good today");
  expect(crashed.stderr).toContain(`./nitro swap -s ${stack} --previous`);
  put("one");
  const mended = await swap();
  expect([mended.code, await running()], mended.stderr).toEqual([0, [sha256("one"), sha256("one")]]);
});

test("two swaps at once: the second waits and says so, and what runs is the executable as it is", async () => {
  await armed();
  put("two");
  const results = await Promise.all([swap(), swap()]);
  expect(results.map(({ code }) => code)).toEqual([0, 0]);
  expect(results.map(({ stderr }) => stderr).join("")).toContain(`waiting: another swap of stack "${stack}" is under way`);
  expect(await running()).toEqual([sha256("two"), sha256("two")]);
});

test("changed settings are not missed", async () => {
  await armed();
  const env = JSON.parse(await nitro("env", "--json")) as Record<string, string>;
  const set = await run("pulumi", ["config", "set", "-s", stack, "--path", "nitro:service.env.GREETING", "hello"], { env });
  expect(set.code, set.stderr).toBe(0);
  put("one");
  expect((await swap()).code).toBe(0);
  expect((await engine.inspect(containers.service))?.env.GREETING).toBe("hello");
  expect(await running()).toEqual([sha256("one"), sha256("one")]);
});

test("where the environment or the file is another one, the swap does without it", async () => {
  await armed();
  put("two");
  const elsewhere = await swap({ NITRO_DEBUG: "0" });
  expect([elsewhere.code, await running()]).toEqual([0, [sha256("two"), sha256("two")]]);
  expect(elsewhere.stderr).toContain(cold);
  await armed();
  expect(await nitro("swap", "-s", stack, "--binary", builds.one)).toContain(sha256("one").slice(0, 12));
  expect(await running()).toEqual([sha256("one"), sha256("one")]);
  expect(await nitro("swap", "-s", stack, "--binary", binary)).toContain(sha256("two").slice(0, 12));
});

test("killed in the middle of a swap, the swap goes on without it", async () => {
  // A new one: it does not reach its limit of memory in the middle of this.
  await endKeeper(root, stack);
  await atTerminal("swap", "-s", stack);
  const { pid } = await armed();
  put("one");
  const swapping = swap();
  await waitFor(async () => (await engine.inspect(containers.service))?.status !== "running", {
    what: "a swap under way",
    timeoutMs: 20_000,
    intervalMs: 5,
  });
  process.kill(pid, "SIGKILL");
  const { code, stderr } = await swapping;
  expect([code, await running()], stderr).toEqual([0, [sha256("one"), sha256("one")]]);
  expect(stderr).toContain("the process that kept the next swap ready has ended");
  expect(await nitro("up", "-s", stack)).toContain("unsealed");
});

test.each([
  ["0.2", "two"],
  ["0.5", "one"],
  ["0.8", "two"],
] as const)("Ctrl-C after %s s says what runs then, and the same command goes on", async (seconds, next) => {
  await atTerminal("swap", "-s", stack);
  await armed();
  const before = await running();
  put(next);
  const { code, stderr } = await run("timeout", [
    ...["--foreground", "--preserve-status", "--signal=INT", seconds],
    ...["env", "-u", "CI", "./nitro", "swap", "-s", stack],
  ]);
  const after = await running();
  if (stderr.includes(`before anything of stack "${stack}" was changed`)) expect([code, after], stderr).toEqual([130, before]);
  else expect([code, after], stderr).toEqual([stderr.includes("too late to stop") ? 130 : 0, [sha256(next), sha256(next)]]);
  const again = await swap();
  expect([again.code, await running()], again.stderr).toEqual([0, [sha256(next), sha256(next)]]);
});

test("a part that has stopped comes back, also with the executable that it ran", async () => {
  await armed();
  const [one] = await running();
  await engine.stop(containers.service, { graceSeconds: 0 });
  const { code, stderr } = await swap();
  expect([code, await running()], stderr).toEqual([0, [one, one]]);
});

test("one that waits for a part which does not answer ends all the same", async () => {
  await endKeeper(root, stack);
  await whileRedisIsSilent(engine, containers.redis, async () => {
    const log = openSync(join(keeperFolder(root, stack), "keeper.log"), "a");
    await startKeeper(root, stack, process.env, log);
    closeSync(log);
    const { pid } = await waitFor(() => keeperState(root, stack), { what: "a keeper" });
    await waitFor(() => descendants(pid, listProcesses()).length > 0, { what: "it arms" });
    const ended = endKeeper(root, stack);
    await waitFor(() => !lives(pid), { what: "it is gone", timeoutMs: 20_000 });
    await ended;
  });
  const isHealthy = async () => (await engine.inspect(containers.redis))?.health === "healthy";
  await waitFor(isHealthy, { what: "Redis answers again", timeoutMs: 60_000 });
});

test("one that says nothing is done without, and is killed where it is to end", async () => {
  await atTerminal("swap", "-s", stack);
  const { pid } = await armed();
  put("one");
  process.kill(pid, "SIGSTOP");
  const { code, stderr } = await swap();
  expect([code, await running()], stderr).toEqual([0, [sha256("one"), sha256("one")]]);
  expect(stderr).toContain("the process that keeps the next swap ready says nothing");
  await endKeeper(root, stack);
  await waitFor(() => !lives(pid), { what: "it is gone", timeoutMs: 10_000 });
  await atTerminal("swap", "-s", stack);
});

test("a watch takes its place", async () => {
  const { pid } = await armed();
  const watcher = new Watcher(["-s", stack], { cwd: root });
  try {
    await watcher.next("ready", 0);
    expect([lives(pid), await keeperState(root, stack)]).toEqual([false, undefined]);
  } finally {
    await watcher.end();
  }
});

test("down ends it", async () => {
  await atTerminal("swap", "-s", stack);
  const { pid } = await armed();
  await nitro("down", "-s", stack, "--yes");
  await waitFor(async () => !lives(pid), { what: "its end", timeoutMs: 10_000 });
  expect(existsSync(keeperFolder(root, stack))).toBe(false);
});
