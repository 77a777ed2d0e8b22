import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { Engine } from "../../docker/engine.ts";
import { ensureImages, imageRefs, registryImageRefs } from "../../images/build.ts";
import { labels } from "../../model/names.ts";
import type { StackOutputs } from "../../model/outputs.ts";
import { settingsPath } from "../../model/settings-file.ts";
import { buildSample } from "../e2e/build-sample.ts";
import { nitro, nitroJson, root, run, tryNitro } from "../e2e/nitro.ts";
import { canRunSecondEngine, SecondEngine } from "../e2e/second-engine.ts";

const stack = "slow-swarm-one";

// A developer's own engine after `docker swarm init`: it is reached by its socket, and by its own address alone, so no node has to be told of a registry.
describe.runIf(canRunSecondEngine)("a stack on a swarm of one node, reached by its socket", () => {
  const scratch = mkdtempSync(join(tmpdir(), "nitro-swarm-one-"));
  let second: SecondEngine;
  let engine: Engine;

  beforeAll(async () => {
    const local = Engine.connect();
    const { arch } = await local.ping();
    const refs = { ...imageRefs(arch), ...registryImageRefs(arch) };
    await ensureImages(local, refs);
    second = await SecondEngine.start();
    await second.load(Object.values(refs));
    engine = Engine.connect({ DOCKER_HOST: `unix://${second.socket}` });
    writeFileSync(settingsPath(root, stack), `config:\n  docker:host: ${engine.host}\n  nitro:runtime: swarm\n`);
  });

  afterAll(async () => {
    try {
      await run("./nitro", ["down", "-s", stack, "--yes"]);
    } finally {
      await second?.stop();
      rmSync(settingsPath(root, stack), { force: true });
      rmSync(scratch, { recursive: true, force: true });
    }
  });

  test("before it manages a swarm, up says so and leaves nothing", async () => {
    const { code, stderr } = await tryNitro("up", "-s", stack);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("manages none") });
    expect(stderr).toContain("docker swarm init");
    expect(await engine.volumes({ labels: { [labels.stack]: stack } })).toEqual([]);
  });

  test("up, and a second one that changes nothing; a payout is paid, a command and logs come from it", async () => {
    const init = await run("docker", ["--host", engine.host, "swarm", "init", "--advertise-addr", "127.0.0.1"]);
    expect(init.code, init.stderr).toBe(0);
    await nitro("up", "-s", stack, "--binary", await buildSample(join(scratch, "v1"), "one-v1"));
    expect(await nitroJson<StackStatus>("status", "-s", stack)).toMatchObject({ healthy: true, sealed: false, shares: 2 });
    const { changes } = await nitroJson<{ changes: Record<string, number> }>("up", "-s", stack);
    expect(Object.keys(changes).filter((operation) => operation !== "same")).toEqual([]);
    expect(await nitro("pay", "-s", stack, "--count", "3")).toMatch(/3 payments, 3 paid/);
    expect(await nitro("ledger", "tables", "-s", stack)).toContain("transactions");
    expect(await nitro("logs", "-s", stack, "service", "--json")).toContain("/v1/payments/submit");
    const { service } = await nitroJson<StackOutputs>("outputs", "-s", stack);
    expect(await nitro("exec", "-s", stack, "service", "--", "sha256sum", service.path)).toContain(service.sha256);
  });

  test("a swap, a restart, a snapshot and its return", async () => {
    await nitro("swap", "-s", stack, "--binary", await buildSample(join(scratch, "v2"), "one-v2"));
    expect(await nitro("exec", "-s", stack, "service", "--", "curl", "-s", "http://127.0.0.1/health-check")).toContain("one-v2");
    await nitro("restart", "-s", stack, "service");
    await nitro("snapshot", "save", "before", "-s", stack);
    await nitro("pay", "-s", stack, "--count", "2");
    await nitro("snapshot", "restore", "before", "-s", stack);
    expect(await nitro("ledger", "query", "SELECT COUNT(*) FROM transactions", "-s", stack, "--json")).toContain('{"_1":3}');
    expect(await nitro("pay", "-s", stack)).toMatch(/1 paid/);
  });

  test("down leaves nothing", async () => {
    await nitro("down", "-s", stack, "--yes");
    const filter = { labels: { [labels.stack]: stack } };
    const left = [await engine.containers({ ...filter, all: true }), await engine.volumes(filter), await engine.networks(filter)];
    expect(left).toEqual([[], [], []]);
  });
});
