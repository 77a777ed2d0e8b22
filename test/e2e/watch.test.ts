import { createHash } from "node:crypto";
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { descendants, listProcesses } from "../../common/process-tree.ts";
import { Engine } from "../../docker/engine.ts";
import { readRunning } from "../../executable/running.ts";
import { stackNames } from "../../model/names.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { ensureGo } from "../../toolchain/go.ts";
import { buildCrashing, buildSample } from "./build-sample.ts";
import { holdStack } from "./hold-stack.ts";
import { engineResources, nitro, nitroJson, root, run, tryNitro } from "./nitro.ts";
import { whileRedisIsSilent } from "./silent-redis.ts";
import { Watcher } from "./watcher.ts";

const stack = "e2e-watch";
const { containers } = stackNames(stack);
const scratch = mkdtempSync(join(tmpdir(), "nitro-e2e-"));
const binary = join(scratch, "payments");
const engine = Engine.connect();
const watchers: Watcher[] = [];
const builds = { one: join(scratch, "one"), two: join(scratch, "two"), three: join(scratch, "three"), crashing: join(scratch, "crashing") };

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  for (const name of ["one", "two", "three"] as const) await buildSample(builds[name], `watch-${name}`);
  await buildCrashing(builds.crashing, "no good today");
  put("one");
  await nitro("up", "-s", stack, "--binary", binary);
});

afterEach(async () => {
  for (const watcher of watchers.splice(0)) await watcher.end();
});

afterAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  rmSync(scratch, { recursive: true, force: true });
});

const sha256 = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

/** As a build does: whole, by a rename. */
function put(name: keyof typeof builds): void {
  copyFileSync(builds[name], `${binary}.new`);
  renameSync(`${binary}.new`, binary);
}

async function watching(args: readonly string[] = [], cwd = root): Promise<Watcher> {
  const watcher = new Watcher(["-s", stack, ...args], { cwd });
  watchers.push(watcher);
  await watcher.next("ready", 0);
  return watcher;
}

async function running(): Promise<(string | undefined)[]> {
  return Promise.all([containers.service, containers.worker].map(async (name) => (await readRunning(engine, name))?.sha256));
}

/** Process ids of Pulumi's docker providers that a process has started. */
function pluginsBelow(pid: number): number[] {
  const below = descendants(pid, listProcesses());
  return below.filter((each) => readFileSync(`/proc/${each}/cmdline`, "utf8").includes("pulumi-resource-docker"));
}

const status = () => nitroJson<StackStatus>("status", "-s", stack);

/** By plain pulumi: true where the state says what runs. */
async function nothingToChange(): Promise<boolean> {
  return /nothing to change/.test(await nitro("up", "-s", stack));
}

test("a build is swapped warm: service and worker run it, nothing else is touched, and it is what is declared", async () => {
  const watcher = await watching();
  const before = await engineResources(stack);
  for (const name of ["two", "three", "one"] as const) {
    const swapped = await watcher.after(() => put(name), "swapped");
    expect(swapped).toMatchObject({ sha256: sha256(builds[name]), kind: "warm", sealed: false });
    expect(await running()).toEqual([swapped.sha256, swapped.sha256]);
    await watcher.next("armed", watcher.all("swapped").length);
  }
  const after = await engineResources(stack);
  for (const role of ["redis", "localstack", "ledger", "key-feeder"]) expect(after.containers[role]).toBe(before.containers[role]);
  expect(await watcher.end()).toBe(0);
  expect(await nothingToChange()).toBe(true);
  expect((await status()).parts.find(({ role }) => role === "service")?.sha256).toBe(sha256(builds.one));
});

test("while it waits, others find the stack free, and the next swap knows what they did", async () => {
  const watcher = await watching();
  await nitro("swap", "-s", stack, "--binary", builds.two);
  expect(await running()).toEqual([sha256(builds.two), sha256(builds.two)]);
  await nitro("swap", "-s", stack, "--binary", binary);
  // Without a moment for the watch to notice.
  expect(await watcher.after(() => put("three"), "swapped")).toMatchObject({ sha256: sha256(builds.three) });
  expect(await running()).toEqual([sha256(builds.three), sha256(builds.three)]);
  await watcher.end();
  expect(await nothingToChange()).toBe(true);
});

test("a second watch is told who holds the stack", async () => {
  const watcher = await watching();
  const second = await tryNitro("watch", "-s", stack);
  expect(second.code).toBe(1);
  expect(second.stderr).toMatch(/is being watched by process \d+ already\n {2}end that watch: kill -INT \d+/);
  await watcher.end();
  const third = await watching();
  expect(third.all("ready")).toHaveLength(1);
});

test("of rapid builds the last one wins, and none before it is waited for", async () => {
  const watcher = await watching();
  const since = watcher.all("swapped").length;
  for (const name of ["one", "two", "three", "one", "two"] as const) {
    put(name);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  // It runs already where the swap of the second build, which the third one superseded, had come that far.
  const last = sha256(builds.two);
  const isLast = async () => {
    const told = watcher.events.findLast((each) => each.event === "swapped" || each.event === "unchanged");
    return told?.sha256 === last && (await running()).every((hash) => hash === last);
  };
  await waitFor(isLast, { what: `the last build runs: ${JSON.stringify(watcher.events)}`, timeoutMs: 60_000 });
  expect(watcher.all("swapped").length - since).toBeLessThan(5);
});

test("an executable that crashes is told with its last words and the way back, which works while the watch goes on", async () => {
  put("two");
  await nitro("up", "-s", stack);
  const watcher = await watching();
  await watcher.after(() => put("one"), "swapped");
  const failed = await watcher.after(() => put("crashing"), "failed");
  // Who waits for its answer tells it, or who counts its restarts, whichever sees it first.
  expect(failed.error).toMatch(/exited with code 2( before it answered|, and was started again)/);
  expect(failed.error).toContain("panic: no good today");
  expect(failed.hint).toContain(`./nitro swap -s ${stack} --previous`);
  const back = await nitro("swap", "-s", stack, "--previous");
  expect(back).toContain(`→ ${sha256(builds.one).slice(0, 12)}`);
  expect(back).toMatch(/^the settings still name .*payments, which the next up or swap runs/m);
  expect(await running()).toEqual([sha256(builds.one), sha256(builds.one)]);
  expect(await watcher.after(() => put("two"), "swapped")).toMatchObject({ sha256: sha256(builds.two) });
});

test("a mended build after a crash is swapped at once", async () => {
  const watcher = await watching();
  await watcher.after(() => put("crashing"), "failed");
  expect(await watcher.after(() => put("three"), "swapped")).toMatchObject({ sha256: sha256(builds.three) });
  expect(await running()).toEqual([sha256(builds.three), sha256(builds.three)]);
});

test("a file that is written slowly is swapped once it is whole; one that stays cut off is told about", async () => {
  const watcher = await watching();
  const whole = readFileSync(builds.two);
  const swapped = await watcher.after(async () => {
    writeFileSync(binary, whole.subarray(0, 1_000_000));
    await new Promise((resolve) => setTimeout(resolve, 400));
    appendFileSync(binary, whole.subarray(1_000_000));
  }, "swapped");
  expect(swapped.sha256).toBe(sha256(builds.two));
  const failed = await watcher.after(() => writeFileSync(binary, whole.subarray(0, 1_000_000)), "failed");
  expect(failed.error).toContain("it is cut off or still being written");
  expect(await running()).toEqual([swapped.sha256, swapped.sha256]);
  await watcher.after(() => put("one"), "swapped");
});

test("with --build, sources are built and swapped; an error has the compiler's words and leaves what runs", async () => {
  const sources = join(scratch, "sources");
  cpSync(join(root, "sample"), sources, { recursive: true });
  const go = await ensureGo();
  const watcher = await watching(["--build", `'${go}' build -buildvcs=false -o '${binary}' .`], sources);
  const main = join(sources, "main.go");
  const text = readFileSync(main, "utf8");
  const before = await running();

  const failed = await watcher.after(() => writeFileSync(main, `${text}\nfunc broken( {\n`), "build-failed");
  expect(failed.error).toContain("syntax error");
  expect(await running()).toEqual(before);

  const swapped = await watcher.after(() => writeFileSync(main, `${text}\nvar swappedIn = "by a watch"\n`), "swapped");
  expect(swapped.builtMs).toBeGreaterThan(0);
  expect(swapped.sha256).toBe(sha256(binary));
  expect(await running()).toEqual([swapped.sha256, swapped.sha256]);
});

test("a watch that is killed leaves nothing that is in the way", async () => {
  const watcher = await watching();
  await watcher.end("SIGKILL");
  put("three");
  expect(await nitro("swap", "-s", stack)).toContain(`→ ${sha256(builds.three).slice(0, 12)}`);
  const next = await watching();
  expect(await next.after(() => put("one"), "swapped")).toMatchObject({ kind: "warm" });
  expect(await next.end()).toBe(0);
  expect(readdirSync(join(root, ".nitro", stack))).not.toContain("armed");
});

test("one that is killed in the middle of a swap is gone on from by the same command", async () => {
  const watcher = await watching();
  const before = (await engine.inspect(containers.service))?.id;
  put("two");
  await waitFor(async () => (await engine.inspect(containers.service))?.id !== before, { what: "the swap's first step", intervalMs: 5 });
  await watcher.end("SIGKILL");
  const again = await tryNitro("swap", "-s", stack);
  expect(again.code, again.stderr).toBe(0);
  expect(await running()).toEqual([sha256(builds.two), sha256(builds.two)]);
  expect(await nothingToChange()).toBe(true);
});

test("a swap that fails before it has replaced a container leaves the one before running", async () => {
  put("one");
  await nitro("up", "-s", stack);
  const watcher = await watching();
  const before = await engineResources(stack);
  const failed = await watcher.after(() => {
    for (const pid of pluginsBelow(watcher.pid)) process.kill(pid, "SIGKILL");
    put("two");
  }, "failed");
  expect(failed.error).not.toBe("");
  expect((await engineResources(stack)).containers).toEqual(before.containers);
  await waitFor(async () => (await running()).every((hash) => hash === sha256(builds.one)), { what: "the executable before" });

  await watcher.after(() => put("three"), "swapped");
  expect(await running()).toEqual([sha256(builds.three), sha256(builds.three)]);
});

test("live: the containers stay, status tells of the drift, and the end of the watch declares what runs", async () => {
  put("one");
  await nitro("up", "-s", stack);
  const watcher = await watching(["--live"]);
  const before = await engineResources(stack);
  const swapped = await watcher.after(() => put("two"), "swapped");
  expect(swapped).toMatchObject({ sha256: sha256(builds.two), kind: "live", sealed: false });
  expect(await running()).toEqual([swapped.sha256, swapped.sha256]);
  expect((await engineResources(stack)).containers).toEqual(before.containers);
  const [declared, live] = [sha256(builds.one).slice(0, 12), swapped.sha256.slice(0, 12)];
  expect((await tryNitro("status", "-s", stack)).stdout).toContain(`service runs ${live} live, declared is ${declared}`);
  await watcher.after(() => put("three"), "swapped");

  expect(await watcher.end()).toBe(0);
  const service = (await status()).parts.find(({ role }) => role === "service");
  expect(service).toMatchObject({ sha256: sha256(builds.three), running: { sha256: sha256(builds.three) } });
  expect(service).not.toHaveProperty("live");
  expect(await nothingToChange()).toBe(true);
});

test("live: what somebody else has declared meanwhile stays at the end of the watch", async () => {
  put("one");
  const watcher = await watching(["--live"]);
  await watcher.after(() => put("two"), "swapped");
  await nitro("swap", "-s", stack, "--binary", builds.one);
  expect(await watcher.end()).toBe(0);
  expect(await running()).toEqual([sha256(builds.one), sha256(builds.one)]);
  await nitro("swap", "-s", stack, "--binary", binary);
});

test("live: one that crashes is told with its last words; the next one is swapped all the same", async () => {
  const watcher = await watching(["--live"]);
  const failed = await watcher.after(() => put("crashing"), "failed");
  expect(failed.error).toContain("panic: no good today");
  expect(await watcher.after(() => put("two"), "swapped")).toMatchObject({ sha256: sha256(builds.two), kind: "live" });
  expect(await watcher.end()).toBe(0);
  expect(await running()).toEqual([sha256(builds.two), sha256(builds.two)]);
});

/** Stops or continues a part's program, as whoever debugs it does. */
test("Ctrl-C ends a watch that waits for a part which says nothing", async () => {
  const watcher = await watching();
  await whileRedisIsSilent(engine, containers.redis, async () => {
    // What was armed does not fit any more, and the next one waits for Redis.
    const settings = join(root, `Pulumi.${stack}.yaml`);
    writeFileSync(settings, readFileSync(settings));
    await sleep(4_000);
    expect(await Promise.race([watcher.end(), sleep(60_000, "it goes on", { ref: false })])).toBe(0);
  });
  await waitFor(async () => (await status()).healthy, { what: "everything answers again", timeoutMs: 60_000 });
});

test("swap waits for an update that is under way", async () => {
  holdStack(stack, scratch, 4);
  put("one");
  const { code, stderr } = await tryNitro("swap", "-s", stack);
  expect(stderr).toMatch(/^waiting: stack "e2e-watch" is being changed by ann on /m);
  expect(code, stderr).toBe(0);
  expect(await running()).toEqual([sha256(builds.one), sha256(builds.one)]);
});

test("what cannot be watched is refused, with what to do", async () => {
  expect(await tryNitro("watch", "-s", "e2e-nobody")).toMatchObject({ code: 1, stderr: expect.stringContaining("is not up") });
  expect(await tryNitro("watch", "-s", stack, "--build", " ")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("--build is empty"),
  });
  const settings = join(root, `Pulumi.${stack}.yaml`);
  const text = readFileSync(settings, "utf8");
  try {
    writeFileSync(settings, text.replace(/binary: .*/, "image: team/payments:1"));
    expect(await tryNitro("watch", "-s", stack)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("runs the image team/payments:1"),
    });
  } finally {
    writeFileSync(settings, text);
  }
  expect(await tryNitro("watch", "-s", stack, "--binary", `${binary}-typo`)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/there is no file \S+payments-typo\n {2}build it first, or let the watch build it: --build COMMAND/),
  });
  expect(readFileSync(settings, "utf8")).toBe(text);
  expect((await run("./nitro", ["watch", "--help"])).stdout).toContain("--live");
});

test("the settings keep their file until another one runs", async () => {
  const settings = join(root, `Pulumi.${stack}.yaml`);
  const before = readFileSync(settings, "utf8");
  const other = join(scratch, "other");
  writeFileSync(other, "no executable");
  const watcher = await watching(["--binary", other]);
  await watcher.next("failed", 0);
  expect(readFileSync(settings, "utf8")).toBe(before);
  // One that crashes is swapped by the settings that name it, but does not stay in them.
  await watcher.after(() => copyFileSync(builds.crashing, other), "failed");
  expect(await watcher.end()).toBe(0);
  expect(readFileSync(settings, "utf8")).toBe(before);

  const again = await watching(["--binary", other]);
  expect(await again.after(() => copyFileSync(builds.three, other), "swapped")).toMatchObject({ sha256: sha256(builds.three) });
  expect(readFileSync(settings, "utf8")).toContain(`binary: ${other}`);
  expect(await again.end()).toBe(0);
  expect(await nothingToChange()).toBe(true);
});

test("once the settings name another file that one is watched, which is said once", async () => {
  const other = join(scratch, "renamed");
  copyFileSync(builds.two, other);
  const watcher = await watching();
  await watcher.after(() => nitro("swap", "-s", stack, "--binary", other), "ready");
  expect(await watcher.after(() => copyFileSync(builds.three, other), "swapped")).toMatchObject({ sha256: sha256(builds.three) });
  expect(await running()).toEqual([sha256(builds.three), sha256(builds.three)]);
  expect(watcher.all("note").map(({ text }) => text)).toEqual([
    expect.stringMatching(/^the settings of stack "e2e-watch" name \S+renamed by now: it is watched instead of \S+$/),
  ]);
  expect(await watcher.end()).toBe(0);
});

test("once the stack is taken down a watch ends with 1, and leaves nothing of it", async () => {
  const watcher = await watching();
  holdStack(stack, scratch, 4);
  expect((await tryNitro("down", "-s", stack, "--yes")).stderr).toMatch(/^waiting: stack "e2e-watch" is being changed by ann on /m);
  put("one");
  expect(await watcher.ended()).toBe(1);
  expect(watcher.said).toContain(`error: stack "${stack}" is gone: it was taken down meanwhile\n  ./nitro up -s ${stack}`);
  expect(existsSync(join(root, ".nitro", stack))).toBe(false);
});
