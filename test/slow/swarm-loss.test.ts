import { copyFileSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { labels } from "../../model/names.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { buildSample } from "../e2e/build-sample.ts";
import { nitro, nitroJson, tryNitro } from "../e2e/nitro.ts";
import { expectEachOnce } from "../e2e/paid-once.ts";
import { canRunSecondEngine } from "../e2e/second-engine.ts";
import { Watcher } from "../e2e/watcher.ts";
import { SwarmStack } from "./swarm-stack.ts";

const stack = "slow-swarm-loss";

describe.runIf(canRunSecondEngine)("a stack on a swarm that loses nodes", () => {
  const scratch = mkdtempSync(join(tmpdir(), "nitro-swarm-loss-"));
  const filter = { labels: { [labels.stack]: stack } };
  let swarm: SwarmStack;
  let binaries: { readonly first: string; readonly second: string };
  let lost = 0;

  beforeAll(async () => {
    binaries = { first: await buildSample(join(scratch, "v1"), "loss-v1"), second: await buildSample(join(scratch, "v2"), "loss-v2") };
    swarm = await SwarmStack.prepare(stack);
    copyFileSync(binaries.first, join(scratch, "payments"));
    await nitro("up", "-s", stack, "--binary", join(scratch, "payments"));
  });

  afterAll(async () => {
    await swarm?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  const status = async () => JSON.parse((await tryNitro("status", "-s", stack, "--json")).stdout) as StackStatus;
  const version = () => nitro("exec", "-s", stack, "service", "--", "curl", "-s", "http://127.0.0.1/health-check");

  async function changesOfUp(): Promise<string[]> {
    const { changes } = await nitroJson<{ changes: Record<string, number> }>("up", "-s", stack);
    return Object.keys(changes).filter((operation) => operation !== "same");
  }

  test("no acknowledged payment goes with a node: its parts move, and every payment is paid once", async () => {
    const count = 400;
    const { movedMs, states, node } = await swarm.payThroughLoss(count, 60);
    lost = node;
    console.log(`the service moved within ${movedMs} ms`);
    expectEachOnce(states, count);
  });

  test("while it is away, commands ask the other nodes: the stack is well, up changes nothing, a watch swaps", async () => {
    await waitFor(async () => (await status()).healthy, { what: "everything answers on the other nodes", timeoutMs: 60_000 });
    expect(await status()).toMatchObject({ sealed: false, shares: 2 });
    expect(await changesOfUp()).toEqual([]);
    const watcher = new Watcher(["-s", stack]);
    try {
      await watcher.next("ready", 0);
      copyFileSync(binaries.second, join(scratch, "payments.new"));
      await watcher.after(() => renameSync(join(scratch, "payments.new"), join(scratch, "payments")), "swapped");
    } finally {
      await watcher.end();
    }
    expect(await version()).toContain("loss-v2");
    expect(await nitro("pay", "-s", stack)).toMatch(/1 paid/);
  });

  test("back again, it ends what it ran, and nothing of the stack changes", async () => {
    await swarm.nodes.setLink(lost, "up");
    const list = ["node", "ls", "--filter", `name=node${lost}`, "--format", "{{.Status}}"];
    await waitFor(async () => (await swarm.nodes.docker(...list)).trim() === "Ready", { what: "the node is back", timeoutMs: 60_000 });
    const own = swarm.nodes.node(lost).connect();
    await waitFor(async () => (await own.containers(filter)).length === 0, { what: "what it ran has ended", timeoutMs: 60_000 });
    expect(await changesOfUp()).toEqual([]);
    expect(await status()).toMatchObject({ healthy: true, sealed: false });
  });

  test("a node that was lost a moment ago, and which the manager still believes in, keeps nobody waiting", async () => {
    const node = Number((await swarm.nodeOf("service"))?.replace("node", ""));
    await swarm.nodes.setLink(node, "down");
    const told = await status();
    expect(told.parts.find(({ role }) => role === "service")?.state).toBe("running");
    const { code, stderr } = await tryNitro("exec", "-s", stack, "service", "--", "true");
    if (code !== 0) expect(stderr).toMatch(new RegExp(`node node${node}, (whose engine gives no answer|which the swarm has lost)`));
    await waitFor(async () => (await swarm.nodeOf("service")) !== `node${node}`, { what: "the service moved", timeoutMs: 60_000 });
    await waitFor(async () => (await status()).healthy, { what: "everything answers", timeoutMs: 60_000 });
    await swarm.nodes.setLink(node, "up");
  });

  test("the node with the data lost, another manager tells so: nothing begins anew without it, and down removes the rest", async () => {
    await swarm.nodes.docker("node", "promote", "node2", "node3");
    const reachable = async () =>
      (await swarm.nodes.docker("node", "ls", "--format", "{{.ManagerStatus}}")).match(/Reachable/g)?.length === 2;
    await waitFor(reachable, { what: "there are three managers", timeoutMs: 60_000 });
    for (const number of [2, 3]) await waitFor(() => swarm.nodes.dockerOn(number, "node", "ls"), { what: `node ${number} manages` });
    await swarm.nodes.setLink(1, "down");
    const second = swarm.nodes.node(2).host;
    swarm.settle(second);
    const isLost = async () =>
      (await swarm.nodes.dockerOn(2, "node", "ls", "--format", "{{.Hostname}} {{.Status}}")).includes("node1 Down");
    await waitFor(isLost, { what: "the manager is noticed to be lost", timeoutMs: 60_000 });
    const waits = async () => (await status()).parts.find(({ role }) => role === "redis")?.problem?.includes("no suitable node");
    await waitFor(waits, { what: "Redis waits for its node", timeoutMs: 60_000 });
    console.log((await tryNitro("status", "-s", stack)).stdout);
    const up = await tryNitro("up", "-s", stack);
    expect(up.code).toBe(1);
    expect(up.stderr).toContain(`the data of stack "${stack}" is on node node1 of the swarm, which the swarm has lost`);
    const down = await tryNitro("down", "-s", stack, "--yes");
    expect(down.code, down.stderr).toBe(0);
    expect((await swarm.nodes.dockerOn(2, "service", "ls", "--quiet")).trim()).toBe("");
    // Its volumes are on the lost node, and go with the next down that reaches it.
    await swarm.nodes.setLink(1, "up");
    // As a machine that was away comes back: a manager that was cut off alone takes minutes until it tries to reach the others again.
    await swarm.nodes.node(1).restart();
    swarm.settle(swarm.nodes.manager.host);
    const manages = async () => (await swarm.nodes.docker("node", "ls", "--format", "{{.Hostname}} {{.Status}}")).includes("node1 Ready");
    await waitFor(manages, { what: "the node is back", timeoutMs: 60_000 });
    await nitro("down", "-s", stack, "--yes");
    expect(await swarm.engine.volumes(filter)).toEqual([]);
    expect(await swarm.engine.networks(filter)).toEqual([]);
  });
});
