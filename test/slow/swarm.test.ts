import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { StackTunnel } from "../../automation/tunnel.ts";
import { Engine } from "../../docker/engine.ts";
import { ensureImages, imageRefs, registryImageRefs } from "../../images/build.ts";
import { labels, type Role, stackNames } from "../../model/names.ts";
import type { StackOutputs } from "../../model/outputs.ts";
import { settingsPath } from "../../model/settings-file.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { ownerId } from "../../toolchain/owner.ts";
import { buildSample } from "../e2e/build-sample.ts";
import { nitro, nitroJson, root, run } from "../e2e/nitro.ts";
import { expectPaidOnce, ledgerClient } from "../e2e/paid-once.ts";
import { canRunSecondEngine } from "../e2e/second-engine.ts";
import { SwarmNodes } from "./swarm-nodes.ts";

const stack = "slow-swarm";
const names = stackNames(stack);

describe.runIf(canRunSecondEngine)("a stack that a swarm of three nodes runs", () => {
  const scratch = mkdtempSync(join(tmpdir(), "nitro-swarm-"));
  let nodes: SwarmNodes;
  let engine: Engine;

  beforeAll(async () => {
    const local = Engine.connect();
    const { arch } = await local.ping();
    const refs = { ...imageRefs(arch), ...registryImageRefs(arch) };
    await ensureImages(local, refs);
    nodes = await SwarmNodes.start();
    engine = nodes.manager.connect();
    await nodes.manager.load(Object.values(refs));
    // Commands get no DOCKER_HOST: the stack's settings name its engine.
    writeFileSync(settingsPath(root, stack), `config:\n  docker:host: ${nodes.manager.host}\n  nitro:runtime: swarm\n`);
  }, 300_000);

  afterAll(async () => {
    try {
      await run("./nitro", ["down", "-s", stack, "--yes"]);
    } finally {
      await nodes?.stop();
      rmSync(scratch, { recursive: true, force: true });
      rmSync(settingsPath(root, stack), { force: true });
    }
  }, 120_000);

  /** The node that runs a part now; undefined where none does. */
  async function nodeOf(part: Role): Promise<string | undefined> {
    const format = "{{.Node}} {{.CurrentState}}";
    const told = await nodes.docker("service", "ps", names.containers[part], "--filter", "desired-state=running", "--format", format);
    return /^(\S+) Running/m.exec(told)?.[1];
  }

  test("up spreads it: what keeps data is where the data is, service and worker come from the stack's registry", async () => {
    await nitro("up", "-s", stack, "--binary", await buildSample(join(scratch, "v1"), "swarm-v1"));
    expect(await nitroJson<StackStatus>("status", "-s", stack)).toMatchObject({ healthy: true, sealed: false, shares: 2 });
    for (const role of ["redis", "localstack", "ledger", "key-feeder"] as const) expect(await nodeOf(role), role).toBe("node1");
    for (const role of ["service", "worker"] as const) {
      expect(await nodeOf(role), role).not.toBe("node1");
      const image = await nodes.docker(
        "service",
        "inspect",
        names.containers[role],
        "--format",
        "{{.Spec.TaskTemplate.ContainerSpec.Image}}",
      );
      expect(image).toMatch(/^10\.217\.83\.1:\d+\/payments-slow-swarm@sha256:[0-9a-f]{64}\n$/);
    }
  }, 300_000);

  test("a second up changes nothing", async () => {
    const { changes } = await nitroJson<{ changes: Record<string, number> }>("up", "-s", stack);
    expect(Object.keys(changes).filter((operation) => operation !== "same")).toEqual([]);
  }, 120_000);

  test("commands reach parts on other nodes: exec, logs, a payout, the ledger", async () => {
    const { service } = await nitroJson<StackOutputs>("outputs", "-s", stack);
    expect(await nitro("exec", "-s", stack, "service", "--", "sha256sum", service.path)).toContain(service.sha256);
    expect(await nitro("pay", "-s", stack, "--count", "3")).toMatch(/3 payments, 3 paid/);
    expect(await nitro("logs", "-s", stack, "service", "--json")).toContain("/v1/payments/submit");
    expect(await nitro("ledger", "tables", "-s", stack)).toContain("transactions");
  }, 120_000);

  test("a swap brings another executable to both, and nothing else is touched", async () => {
    const ids = async () =>
      Object.fromEntries((await engine.containers({ labels: { [labels.stack]: stack } })).map(({ name, id }) => [name, id]));
    const tasks = async () => (await nodes.docker("service", "ps", names.containers.ledger, "--quiet")).trim();
    const [before, ledger] = [await ids(), await tasks()];
    const binary = await buildSample(join(scratch, "v2"), "swarm-v2");
    const swapped = await took(() => nitro("swap", "-s", stack, "--binary", binary));
    const [service, worker] = [names.containers.service, names.containers.worker];
    expect(await ids()).toEqual(before);
    expect(await tasks()).toBe(ledger);
    const forced = await took(() =>
      Promise.all([service, worker].map((name) => nodes.docker("service", "update", "--quiet", "--force", name))),
    );
    console.log(`swap ${swapped} ms, docker service update --force ${forced} ms, ratio ${(swapped / forced).toFixed(2)}`);
    expect(await nitro("exec", "-s", stack, "service", "--", "curl", "-s", "http://127.0.0.1/health-check")).toContain("swarm-v2");
  }, 300_000);

  test("a node that is lost takes no acknowledged payment with it: its parts move, and every payment is paid once", async () => {
    const lost = Number((await nodeOf("service"))?.replace("node", ""));
    const tunnel = await StackTunnel.open(engine, stack, ownerId(process.env));
    try {
      const { ledgerName } = await nitroJson<StackOutputs>("outputs", "-s", stack);
      const ledger = ledgerClient({ ledgerEndpoint: `http://127.0.0.1:${tunnel.ports.ledger}`, ledgerName });
      const known = async () => (await ledger.read("SELECT t.data FROM transactions AS t")).length;
      const before = await known();
      const paying = nitro("pay", "-s", stack, "--count", "600", "--timeout", "240");
      await waitFor(async () => (await known()) > before + 60, { what: "the payout is under way", timeoutMs: 120_000 });
      await nodes.setLink(lost, "down");
      const began = Date.now();
      const moved = async () => {
        const now = await nodeOf("service");
        return now !== undefined && now !== `node${lost}`;
      };
      await waitFor(moved, { what: "the service runs on another node", timeoutMs: 120_000 });
      console.log(`the service moved within ${Date.now() - began} ms`);
      const [, payout = ""] = /^payout (\S+): 600 payments, 600 paid/m.exec(await paying) ?? [];
      await expectPaidOnce(ledger, payout, 600);
      await ledger.close();
    } finally {
      tunnel.close();
      await nodes.setLink(lost, "up");
    }
  }, 400_000);

  test("down leaves nothing", async () => {
    await nitro("down", "-s", stack, "--yes");
    expect((await nodes.docker("service", "ls", "--quiet")).trim()).toBe("");
    expect((await engine.volumes({ labels: { [labels.stack]: stack } })).map(({ name }) => name)).toEqual([]);
    expect((await engine.networks({ labels: { [labels.stack]: stack } })).map(({ name }) => name)).toEqual([]);
  }, 120_000);
});

async function took(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return Math.round(performance.now() - began);
}
