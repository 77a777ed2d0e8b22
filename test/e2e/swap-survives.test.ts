import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { Engine } from "../../docker/engine.ts";
import { swapLive } from "../../executable/live.ts";
import { loadExecutable } from "../../executable/loading.ts";
import { readRunning } from "../../executable/running.ts";
import { ensureImages, imageRefs } from "../../images/build.ts";
import { roles, stackNames } from "../../model/names.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { ownerId } from "../../toolchain/owner.ts";
import { buildSample } from "./build-sample.ts";
import { root, run } from "./nitro.ts";
import { runningHash } from "./running-program.ts";
import { canRunSecondEngine, SecondEngine } from "./second-engine.ts";
import { Watcher } from "./watcher.ts";

const stack = "e2e-swap-survives";
const names = stackNames(stack).containers;
const swapped = [names.service, names.worker];
const scratch = mkdtempSync(join(tmpdir(), "nitro-e2e-"));
const builds = ["old", "new", "live"] as const;

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const file = (build: (typeof builds)[number]) => join(scratch, build);
const sha256 = (build: (typeof builds)[number]) =>
  createHash("sha256")
    .update(readFileSync(file(build)))
    .digest("hex");

beforeAll(async () => {
  for (const build of builds) await buildSample(file(build), `survives-${build}`);
});

/** Ids, starts and restarts of a stack's containers. */
async function lives(engine: Engine) {
  const found = await Promise.all(
    roles.map(async (role) => {
      const { id, startedAt, restartCount } = (await engine.inspect(names[role])) ?? {};
      return [role, { id, startedAt, restartCount }] as const;
    }),
  );
  return Object.fromEntries(found);
}

/** Service and worker run this build, both, and whatever ran in between was never another one. */
async function comesBack(engine: Engine, build: (typeof builds)[number]): Promise<void> {
  const seen = new Set<string | undefined>();
  await waitFor(
    async () => {
      const hashes = await Promise.all(swapped.map((container) => runningHash(container, engine)));
      for (const hash of hashes) seen.add(hash);
      return hashes.every((hash) => hash !== undefined);
    },
    { what: "service and worker run again", timeoutMs: 60_000 },
  );
  seen.delete(undefined);
  expect([...seen]).toEqual([sha256(build)]);
}

/** Both have ended: what is found afterwards was started anew. */
async function crash(engine: Engine): Promise<void> {
  const before = await lives(engine);
  for (const container of swapped) {
    const program = await readRunning(engine, container);
    await engine.exec(container, ["sh", "-c", `kill -9 ${program?.pid}`]);
  }
  await waitFor(
    async () => {
      const after = await lives(engine);
      return (["service", "worker"] as const).every((role) => (after[role]?.restartCount ?? 0) > (before[role]?.restartCount ?? 0));
    },
    { what: "the engine restarted both", timeoutMs: 60_000 },
  );
}

// A swap in a stack whose engine can be restarted without harm to anybody else. It sees the files of this machine.
describe.runIf(canRunSecondEngine)("on an engine of its own", () => {
  let second: SecondEngine;
  let engine: Engine;

  const onSecond = (...args: string[]) => run("./nitro", args, { env: { DOCKER_HOST: second.host } });

  async function nitro(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await onSecond(...args);
    if (code !== 0) throw new Error(`./nitro ${args.join(" ")} ended with ${code}:\n${stdout}\n${stderr}`);
    return stdout;
  }

  async function isHealthy(): Promise<boolean> {
    return (JSON.parse((await onSecond("status", "-s", stack, "--json")).stdout) as StackStatus).healthy;
  }

  beforeAll(async () => {
    const local = Engine.connect();
    const refs = imageRefs((await local.ping()).arch);
    await ensureImages(local, refs);
    second = await SecondEngine.start({ seesFiles: true });
    engine = second.connect();
    await second.load(Object.values(refs));
    await onSecond("down", "-s", stack, "--yes");
    await nitro("up", "-s", stack, "--binary", file("old"));
  });

  afterAll(async () => {
    try {
      if (second !== undefined) await onSecond("down", "-s", stack, "--yes");
    } finally {
      await second?.stop();
    }
  });

  describe.each([
    ["mount", 1],
    ["image", 0],
  ])("an executable in swap mode %s", (mode, mounts) => {
    beforeAll(async () => {
      const env = JSON.parse(await nitro("env", "--json")) as NodeJS.ProcessEnv;
      const set = await run("pulumi", ["config", "set", "--stack", stack, "--path", "nitro:swap.mode", mode], { env });
      expect(set.code, set.stderr).toBe(0);
      await nitro("up", "-s", stack, "--binary", file("old"));
      await comesBack(engine, "old");
    });

    test("replaces two containers, and nothing else is touched", async () => {
      const before = await lives(engine);
      await nitro("swap", "-s", stack, "--binary", file("new"));
      const { service, worker, ...others } = await lives(engine);
      expect(before).toMatchObject(others);
      expect(Object.keys(others).sort()).toEqual(["key-feeder", "ledger", "localstack", "redis"]);
      expect([service?.id, worker?.id]).not.toContain(before.service?.id);
      expect([service?.id, worker?.id]).not.toContain(before.worker?.id);
      await comesBack(engine, "new");
      const binds = (await engine.inspect(names.service))?.mounts.filter(({ type }) => type === "bind");
      expect(binds).toHaveLength(mounts);
    });

    test("comes back after a crash", async () => {
      await crash(engine);
      await comesBack(engine, "new");
    });

    test("comes back after a restart of its containers", async () => {
      await Promise.all(swapped.map((container) => engine.restart(container)));
      await comesBack(engine, "new");
    });

    test("comes back after a restart of the engine, with the whole stack", async () => {
      await second.restart();
      await comesBack(engine, "new");
      await waitFor(isHealthy, { what: "everything answers", timeoutMs: 120_000, intervalMs: 1000 });
    });
  });

  test("one that was swapped live comes back after a restart of the engine; what is declared, after an update", async () => {
    const env = JSON.parse(await nitro("env", "--json")) as NodeJS.ProcessEnv;
    await run("pulumi", ["config", "set", "--stack", stack, "--path", "nitro:swap.mode", "mount"], { env });
    await nitro("up", "-s", stack);
    const { arch } = await engine.ping();
    const target = { engine, root, stack, owner: ownerId(process.env), roles: ["service", "worker"] as const };
    await swapLive(target, await loadExecutable(root, file("live"), arch, stack));
    await second.restart();
    await comesBack(engine, "live");
    await nitro("up", "-s", stack);
    await comesBack(engine, "new");
  });

  test.each(["mount", "image"])("a watch in swap mode %s swaps, also what is built while the engine restarts", async (mode) => {
    const env = JSON.parse(await nitro("env", "--json")) as NodeJS.ProcessEnv;
    await run("pulumi", ["config", "set", "--stack", stack, "--path", "nitro:swap.mode", mode], { env });
    const watched = join(scratch, "watched");
    const put = (build: (typeof builds)[number]) => {
      copyFileSync(file(build), `${watched}.new`);
      renameSync(`${watched}.new`, watched);
    };
    put("old");
    await nitro("up", "-s", stack, "--binary", watched);
    const watcher = new Watcher(["-s", stack], { env: { DOCKER_HOST: second.host } });
    try {
      await watcher.next("ready", 0);
      expect(await watcher.after(() => put("new"), "swapped")).toMatchObject({ sha256: sha256("new"), kind: "warm" });
      const restarted = second.restart();
      await waitFor(async () => !(await answers(engine)), { what: "the engine is away", intervalMs: 20 });
      const swap = watcher.after(() => put("live"), "swapped");
      await restarted;
      expect(await swap).toMatchObject({ sha256: sha256("live") });
      await comesBack(engine, "live");
      expect(await watcher.after(() => put("old"), "swapped")).toMatchObject({ sha256: sha256("old"), kind: "warm" });
      await waitFor(isHealthy, { what: "everything answers", timeoutMs: 120_000, intervalMs: 1000 });
    } finally {
      await watcher.end();
    }
  });
});

async function answers(engine: Engine): Promise<boolean> {
  return engine.ping({ timeoutMs: 1000 }).then(
    () => true,
    () => false,
  );
}
