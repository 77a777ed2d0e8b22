import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { Engine } from "../../docker/engine.ts";
import { imageRefs } from "../../images/build.ts";
import { labels } from "../../model/names.ts";
import type { StackOutputs } from "../../model/outputs.ts";
import { settingsPath } from "../../model/settings-file.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { buildSample } from "../e2e/build-sample.ts";
import { nitro, nitroJson, root, run, tryNitro } from "../e2e/nitro.ts";
import { canRunSecondEngine } from "../e2e/second-engine.ts";
import { SwarmStack } from "./swarm-stack.ts";

const stack = "slow-swarm";

describe.runIf(canRunSecondEngine)("a stack that a swarm of three nodes runs", () => {
  const scratch = mkdtempSync(join(tmpdir(), "nitro-swarm-"));
  let swarm: SwarmStack;

  beforeAll(async () => {
    const { arch } = await Engine.connect().ping();
    vi.stubEnv("SWARM_EXTRAS_IMAGE", imageRefs(arch).base);
    swarm = await SwarmStack.prepare(stack, { "nitro:extras": "./test/slow/swarm-extras.ts" });
  });

  afterAll(async () => {
    await swarm?.stop();
    vi.unstubAllEnvs();
    rmSync(scratch, { recursive: true, force: true });
  });

  const status = () => nitroJson<StackStatus>("status", "-s", stack);
  const documents = async () =>
    (JSON.parse(await nitro("ledger", "query", "SELECT COUNT(*) FROM transactions", "-s", stack, "--json")) as [{ _1: number }])[0]._1;

  async function changesOfUp(): Promise<string[]> {
    const { changes } = await nitroJson<{ changes: Record<string, number> }>("up", "-s", stack);
    return Object.keys(changes).filter((operation) => operation !== "same");
  }

  test("up spreads it: what keeps data is where the data is, all else comes from the stack's registry", async () => {
    await nitro("up", "-s", stack, "--binary", await buildSample(join(scratch, "v1"), "swarm-v1"));
    expect(await status()).toMatchObject({ healthy: true, sealed: false, shares: 2 });
    for (const role of ["redis", "localstack", "ledger", "key-feeder", "kept"]) expect(await swarm.nodeOf(role), role).toBe("node1");
    for (const role of ["service", "worker"] as const) {
      expect(await swarm.nodeOf(role), role).not.toBe("node1");
      const format = "{{.Spec.TaskTemplate.ContainerSpec.Image}}";
      const image = await swarm.nodes.docker("service", "inspect", swarm.names.containers[role], "--format", format);
      expect(image).toMatch(/^10\.217\.83\.1:\d+\/payments-slow-swarm@sha256:[0-9a-f]{64}\n$/);
    }
  });

  test("a second up changes nothing", async () => expect(await changesOfUp()).toEqual([]));

  test("commands reach parts on other nodes: exec, logs, a payout, the ledger, parts of a team's own", async () => {
    const { service } = await nitroJson<StackOutputs>("outputs", "-s", stack);
    expect(await nitro("exec", "-s", stack, "service", "--", "sha256sum", service.path)).toContain(service.sha256);
    expect(await nitro("exec", "-s", stack, "idle", "--", "hostname")).toBe("idle\n");
    expect(await nitro("exec", "-s", stack, "service", "--", "getent", "hosts", "idle", "kept")).toMatch(/idle.*\n.*kept/);
    expect(await nitro("pay", "-s", stack, "--count", "3")).toMatch(/3 payments, 3 paid/);
    expect(await nitro("logs", "-s", stack, "service", "--json")).toContain("/v1/payments/submit");
    expect(await nitro("ledger", "tables", "-s", stack)).toContain("transactions");
  });

  test("operators' commands work on it", async () => {
    expect(await nitro("operator", "keys", "-s", stack)).toContain("ssh-ed25519");
    expect(await nitro("operator", "share", "ls", "-s", stack)).toContain("operator");
    const { code, stderr } = await tryNitro("operator", "env", "-s", stack);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(`./nitro tunnel -s ${stack}`) });
    const report = join(scratch, "report.json");
    const payment = { from: "treasury", amount: "1.5", currency: "BAT", payoutId: "by-hand", custodian: "dryrun-happypath" };
    writeFileSync(report, JSON.stringify(["ann", "bob"].map((to) => ({ to, ...payment }))));
    await nitro("pay", "prepare", report, "-s", stack, "--authorization", "manual");
    for (const operator of ["1", "2"]) await nitro("operator", "authorize", "by-hand", "--operator", operator, "-s", stack);
    expect(await nitro("pay", "status", "by-hand", "--watch", "-s", stack)).toMatch(/2 paid/);
  });

  test("a snapshot is saved and put back, what was paid later is not known any more; reset, restart and faults work", async () => {
    const before = await documents();
    await nitro("snapshot", "save", "before", "-s", stack);
    await nitro("pay", "-s", stack, "--count", "2");
    expect(await documents()).toBe(before + 2);
    await nitro("snapshot", "restore", "before", "-s", stack);
    expect(await documents()).toBe(before);
    expect(await status()).toMatchObject({ healthy: true, sealed: false });
    expect(await nitro("pay", "-s", stack)).toMatch(/1 paid/);
    expect(await changesOfUp()).toEqual([]);
    await nitro("fault", "worker", "slow", "-s", stack, "--for", "60s");
    expect(await nitro("fault", "ls", "-s", stack)).toContain("worker");
    await nitro("fault", "clear", "-s", stack);
    await nitro("restart", "-s", stack, "worker");
    await nitro("reset", "-s", stack);
    expect(await documents()).toBe(0);
    expect(await changesOfUp()).toEqual([]);
  });

  test("the page tells of it, and of its logs", async () => {
    const page = spawn("./nitro", ["dashboard", "-s", stack], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    try {
      const [line = ""] = (await once(createInterface({ input: page.stdout }), "line")) as string[];
      const [, address = "", token = ""] = /^the page of stack "slow-swarm": (\S+)#token=(\S+)$/.exec(line) ?? [];
      const first = async (path: string) => {
        const answer = await fetch(`${address}${path}`, { headers: { authorization: `Bearer ${token}` } });
        const { value } = (await answer.body?.getReader().read()) ?? {};
        return Buffer.from(value ?? []).toString();
      };
      expect(await first("api/stack")).toMatch(/"healthy":true.*"role":"service".*"health":"healthy"/s);
      expect(await first("api/logs")).toContain('"part":');
    } finally {
      page.kill("SIGINT");
      await once(page, "exit");
    }
  });

  test("a swap brings another executable to both, and nothing else is touched", async () => {
    const ids = async () =>
      Object.fromEntries((await swarm.engine.containers({ labels: { [labels.stack]: stack } })).map(({ name, id }) => [name, id]));
    const tasks = async () => (await swarm.nodes.docker("service", "ps", swarm.names.containers.ledger, "--quiet")).trim();
    const [before, ledger] = [await ids(), await tasks()];
    await nitro("swap", "-s", stack, "--binary", await buildSample(join(scratch, "v2"), "swarm-v2"));
    expect(await ids()).toEqual(before);
    expect(await tasks()).toBe(ledger);
    expect(await nitro("exec", "-s", stack, "service", "--", "curl", "-s", "http://127.0.0.1/health-check")).toContain("swarm-v2");
  });

  test("the registry gone, a swap says how it comes back, and up brings it back", async () => {
    await swarm.nodes.docker("service", "rm", `${swarm.names.network}-registry`);
    const { code, stderr } = await tryNitro("swap", "-s", stack, "--binary", await buildSample(join(scratch, "v3"), "swarm-v3"));
    if (code !== 0) expect(stderr).toContain(`./nitro up -s ${stack}`);
    await nitro("up", "-s", stack);
    expect(await status()).toMatchObject({ healthy: true, sealed: false });
    expect(await nitro("exec", "-s", stack, "service", "--", "curl", "-s", "http://127.0.0.1/health-check")).toContain("swarm-v3");
  });

  test("Ctrl-C in the middle of an up leaves what the next one goes on from", async () => {
    const settings = readFileSync(settingsPath(root, stack), "utf8");
    writeFileSync(
      settingsPath(root, stack),
      settings.replace('"nitro:runtime"', '"nitro:memory":{"worker":"300","service":"500"},"nitro:runtime"'),
    );
    const trace = join(scratch, "trace");
    const env = { ...process.env, NITRO_TRACE: trace };
    const up = spawn("./nitro", ["up", "-s", stack], { cwd: root, env, stdio: ["ignore", "ignore", "pipe"] });
    const said = text(up.stderr);
    const ended = once(up, "exit");
    await waitFor(() => /resourcePre update (service|worker)-service/.test(readFileSync(trace, "utf8")), {
      what: "services are updated",
      timeoutMs: 120_000,
    });
    up.kill("SIGINT");
    expect(await ended).toEqual([130, null]);
    expect(await said).toContain("stopped cleanly");
    await nitro("up", "-s", stack);
    expect(await status()).toMatchObject({ healthy: true, sealed: false });
    expect(await changesOfUp()).toEqual([]);
  });

  test("its state lost, adopt says what to do: up makes services anew on the volumes that are there", async () => {
    await nitro("pay", "-s", stack);
    const before = await documents();
    const env = await nitroJson<Record<string, string>>("env");
    const { code, stderr } = await run("pulumi", ["stack", "rm", "-s", stack, "--force", "--yes", "--preserve-config"], { env });
    expect(code, stderr).toBe(0);
    const adopt = await tryNitro("adopt", "-s", stack);
    expect(adopt).toMatchObject({ code: 1, stderr: expect.stringContaining(`./nitro up -s ${stack}`) });
    await nitro("up", "-s", stack);
    expect(await status()).toMatchObject({ healthy: true, sealed: false });
    expect(await documents()).toBe(before);
  });

  test("down leaves nothing", async () => {
    await nitro("down", "-s", stack, "--yes");
    expect((await swarm.nodes.docker("service", "ls", "--quiet")).trim()).toBe("");
    expect((await swarm.nodes.docker("config", "ls", "--quiet")).trim()).toBe("");
    expect((await swarm.engine.volumes({ labels: { [labels.stack]: stack } })).map(({ name }) => name)).toEqual([]);
    expect((await swarm.engine.networks({ labels: { [labels.stack]: stack } })).map(({ name }) => name)).toEqual([]);
  });
});
