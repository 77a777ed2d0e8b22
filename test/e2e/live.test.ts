import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PartStatus, StackStatus } from "../../automation/status.ts";
import { Engine } from "../../docker/engine.ts";
import { armLive, swapLive } from "../../executable/live.ts";
import { loadExecutable } from "../../executable/loading.ts";
import { readRunning } from "../../executable/running.ts";
import { binFolder } from "../../executable/staging.ts";
import { stackNames } from "../../model/names.ts";
import { stackOutputs } from "../../testing/outputs.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { waitForBuild } from "../../testing/wait-for-build.ts";
import { ownerId } from "../../toolchain/owner.ts";
import { buildCrashing, buildSample } from "./build-sample.ts";
import { engineResources, nitro, nitroJson, root, run, tryNitro } from "./nitro.ts";

const stack = "e2e-live";
const names = stackNames(stack).containers;
const scratch = mkdtempSync(join(tmpdir(), "nitro-e2e-"));
const engine = Engine.connect();
const bin = binFolder(root, stack);
/** The declared version, and those that are swapped in live. */
const builds = new Map<"declared" | "one" | "two" | "three", string>();
let url = "";

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  for (const name of ["declared", "one", "two", "three"] as const) {
    builds.set(name, await buildSample(join(scratch, name), `live-${name}`));
  }
  await nitro("up", "-s", stack, "--binary", build("declared"));
  url = (await stackOutputs(stack)).serviceUrl;
});

afterAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  rmSync(scratch, { recursive: true, force: true });
});

const build = (name: "declared" | "one" | "two" | "three") => builds.get(name) ?? "";
const sha256 = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");
const short = (name: "declared" | "one" | "two" | "three") => sha256(build(name)).slice(0, 12);
const target = () => ({ engine, root, stack, owner: ownerId(process.env), roles: ["service", "worker"] as const });

async function swap(file: string): Promise<void> {
  const { arch } = await engine.ping();
  await swapLive(target(), await loadExecutable(root, file, arch, stack));
}

async function version(): Promise<string> {
  const answer = (await (await fetch(`${url}/health-check`)).json()) as { version: string };
  return answer.version;
}

/** Hash of the process, restarts by the engine, and the container's id and start, of the service and the worker. */
async function running() {
  return Promise.all(
    [names.service, names.worker].map(async (name) => {
      const details = await engine.inspect(name);
      const { id, startedAt, restartCount } = details ?? {};
      return { id, startedAt, restartCount, sha256: (await readRunning(engine, name))?.sha256 };
    }),
  );
}

async function parts(): Promise<PartStatus[]> {
  const { stdout } = await tryNitro("status", "-s", stack, "--json");
  return (JSON.parse(stdout) as StackStatus).parts.filter(({ role }) => role === "service" || role === "worker");
}

async function serviceLog(): Promise<string> {
  return (await tryNitro("logs", "-s", stack, "--tail", "20", "service")).stderr;
}

test("what is declared runs, by the hash of the processes, and status says nothing else", async () => {
  for (const { sha256: found } of await running()) expect(found).toBe(sha256(build("declared")));
  expect(await nitro("status", "-s", stack)).not.toContain("declared is");
});

test("a live swap replaces both programs in the running containers, and nothing else", async () => {
  const [before, resources] = [await running(), await engineResources(stack)];
  await swap(build("one"));
  expect(await version()).toBe("live-one");
  const after = await running();
  expect(after).toEqual(before.map((each) => ({ ...each, sha256: sha256(build("one")) })));
  expect(await engineResources(stack)).toEqual(resources);
});

test("the service is unsealed again and pays; status counts from its own start", async () => {
  await waitFor(async () => !(await nitroJson<StackStatus>("status", "-s", stack)).sealed, { what: "unsealed", timeoutMs: 20_000 });
  expect((await nitro("pay", "-s", stack, "--count", "3")).match(/\bpaid\b/g)?.length).toBeGreaterThanOrEqual(3);
});

test("status reports the drift, for people and for scripts", async () => {
  const text = await nitro("status", "-s", stack);
  for (const role of ["service", "worker"]) expect(text).toContain(`${role} runs ${short("one")} live, declared is ${short("declared")}`);
  expect(text).toContain(`./nitro up -s ${stack} makes it as declared`);
  for (const part of await parts()) {
    expect(part).toMatchObject({
      sha256: sha256(build("declared")),
      live: sha256(build("one")),
      running: { sha256: sha256(build("one")) },
    });
  }
});

test("a restart of the containers keeps the live one", async () => {
  await Promise.all([engine.restart(names.service), engine.restart(names.worker)]);
  await waitForBuild(stack, { build: build("one") });
  expect(await version()).toBe("live-one");
});

test("a program that is killed comes back as the live one, by the restart policy", async () => {
  const before = await running();
  // The signal to the program came from inside: it must not pass for a stop of the container.
  for (const name of [names.service, names.worker]) {
    const program = await readRunning(engine, name);
    await engine.exec(name, ["sh", "-c", `kill -9 ${program?.pid}`]);
  }
  await waitFor(async () => (await running()).every(({ restartCount = 0 }, index) => restartCount > (before[index]?.restartCount ?? 0)), {
    what: "the engine restarted both",
    timeoutMs: 20_000,
  });
  const { service, worker } = await waitForBuild(stack, { build: build("one") });
  expect([service.sha256, worker.sha256]).toEqual([sha256(build("one")), sha256(build("one"))]);
});

test("a live swap can be armed before the build is there, and survives a restart in between", async () => {
  const { arch } = await engine.ping();
  const armed = await armLive(target());
  await engine.restart(names.service);
  const results = await armed.swap(await loadExecutable(root, build("two"), arch, stack));
  for (const { program } of results) expect(program.sha256).toBe(sha256(build("two")));
  expect(await version()).toBe("live-two");
  const idle = await armLive(target());
  idle.disarm();
  expect(await version()).toBe("live-two");
});

test("wait --build unblocks once service and worker run exactly that build", async () => {
  let done = false;
  const waiting = nitroJson<{ sha256: string }>("wait", "-s", stack, "--build", build("three")).finally(() => {
    done = true;
  });
  await sleep(2_000);
  expect(done).toBe(false);
  const { arch } = await engine.ping();
  const three = await loadExecutable(root, build("three"), arch, stack);
  await swapLive({ ...target(), roles: ["service"] }, three);
  await sleep(2_000);
  expect(done).toBe(false);
  await swapLive({ ...target(), roles: ["worker"] }, three);
  expect((await waiting).sha256).toBe(three.sha256);
});

test("wait --build that is in vain says what runs instead", async () => {
  const result = await tryNitro("wait", "-s", stack, "--build", build("one"), "--timeout", "0.5");
  expect(result.code).toBe(1);
  expect(result.stderr).toContain(`in vain for build ${short("one")}`);
  for (const role of ["service", "worker"]) expect(result.stderr).toContain(`${role} runs ${short("three")}`);
});

test("an executable that crashes at once is reported with its log, comes again at each restart, and the next swap mends it", async () => {
  const crashing = await buildCrashing(join(scratch, "crashing"), "crashed on purpose");
  const before = (await running()).map(({ id }) => id);
  await expect(swap(crashing)).rejects.toThrow(/ended as soon as it ran; its last log lines:(.|\n)*crashed on purpose/);
  await waitFor(async () => ((await engine.inspect(names.service))?.restartCount ?? 0) > 0, { what: "a crash loop", timeoutMs: 20_000 });
  for (const part of await parts()) expect(part.live).toBe(sha256(crashing));
  expect(await serviceLog()).toContain("crashed on purpose");
  await swap(build("one"));
  expect(await version()).toBe("live-one");
  expect((await running()).map(({ id }) => id)).toEqual(before);
});

test("up reconciles in the same containers, and nothing else restarts", async () => {
  const [before, resources] = [await running(), await engineResources(stack)];
  const { changes } = await nitroJson<{ changes: Record<string, number> }>("up", "-s", stack);
  expect(Object.keys(changes).filter((operation) => operation !== "same")).toEqual([]);
  expect(await running()).toEqual(before.map((each) => ({ ...each, sha256: sha256(build("declared")) })));
  expect(await engineResources(stack)).toEqual(resources);
  expect(readdirSync(bin).filter((name) => name.startsWith("live-"))).toEqual([]);
  expect(await version()).toBe("live-declared");
  expect(await nitro("status", "-s", stack)).not.toContain("declared is");
});

test("plain pulumi reconciles too; a preview does not", async () => {
  const env = JSON.parse(await nitro("env", "--json")) as Record<string, string>;
  await swap(build("one"));
  const before = await running();
  const preview = await run("pulumi", ["preview", "-s", stack, "--non-interactive"], { env });
  expect([preview.code, await running()], preview.stderr).toEqual([0, before]);
  const up = await run("pulumi", ["up", "-s", stack, "--yes", "--skip-preview", "--non-interactive"], { env });
  expect(up.code, up.stdout + up.stderr).toBe(0);
  expect(await running()).toEqual(before.map((each) => ({ ...each, sha256: sha256(build("declared")) })));
});

test("a declared swap ends live mode, also when the former executable is declared again", async () => {
  await swap(build("one"));
  await nitro("swap", "-s", stack, "--binary", build("two"));
  expect(await version()).toBe("live-two");
  expect(readdirSync(bin).filter((name) => name.startsWith("live-"))).toEqual([]);
  await nitro("swap", "-s", stack, "--binary", build("declared"));
  for (const { sha256: found } of await running()) expect(found).toBe(sha256(build("declared")));
});

test("up also mends a crash loop of a live one", async () => {
  await expect(swap(join(scratch, "crashing"))).rejects.toThrow("ended as soon as it ran");
  await nitro("up", "-s", stack);
  for (const { sha256: found } of await running()) expect(found).toBe(sha256(build("declared")));
  expect(await version()).toBe("live-declared");
});

test("stop reaches the program, which ends within the grace", async () => {
  await swap(build("one"));
  const began = performance.now();
  await engine.stop(names.service);
  expect(performance.now() - began).toBeLessThan(2_000);
  expect(await engine.inspect(names.service)).toMatchObject({ status: "exited", exitCode: 0 });
  expect(await serviceLog()).toContain("stopping");
  await expect(swap(build("two"))).rejects.toThrow("service does not run (exited)");
  await nitro("up", "-s", stack);
  expect(await version()).toBe("live-declared");
});

test("down leaves no override", async () => {
  await swap(build("one"));
  await nitro("down", "-s", stack, "--yes");
  expect(existsSync(join(root, ".nitro", stack))).toBe(false);
});
