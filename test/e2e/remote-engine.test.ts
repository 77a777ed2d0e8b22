import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { Engine } from "../../docker/engine.ts";
import { ensureImages, imageRefs } from "../../images/build.ts";
import { labels, stackNames } from "../../model/names.ts";
import type { StackOutputs } from "../../model/outputs.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { buildSample } from "./build-sample.ts";
import { root, run } from "./nitro.ts";
import { canRunSecondEngine, SecondEngine } from "./second-engine.ts";

const stack = "e2e-remote";
const names = stackNames(stack);
const filter = { labels: { [labels.stack]: stack } };

// An engine that sees no file of ours and whose loopback is not ours: what it publishes is reached through the tunnel or not at all.
describe.runIf(canRunSecondEngine)("an engine on another machine", () => {
  const scratch = mkdtempSync(join(tmpdir(), "nitro-remote-"));
  const tunnels: ChildProcess[] = [];
  let second: SecondEngine;
  let engine: Engine;

  beforeAll(async () => {
    const local = Engine.connect();
    const refs = imageRefs((await local.ping()).arch);
    await ensureImages(local, refs);
    second = await SecondEngine.start();
    engine = second.connect();
    await second.load(Object.values(refs));
  });

  afterEach(async () => {
    for (const tunnel of tunnels.splice(0)) await end(tunnel);
  });

  afterAll(async () => {
    try {
      await run("./nitro", ["down", "-s", stack, "--yes"], { env: { DOCKER_HOST: second?.host } });
    } finally {
      await second?.stop();
      rmSync(scratch, { recursive: true, force: true });
    }
  });

  async function nitro(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await run("./nitro", args, { env: { DOCKER_HOST: second.host } });
    if (code !== 0) throw new Error(`./nitro ${args.join(" ")} ended with ${code}:\n${stdout}\n${stderr}`);
    return stdout;
  }

  const json = async <T>(...args: string[]) => JSON.parse(await nitro(...args, "--json")) as T;
  const ids = async () =>
    Object.fromEntries((await engine.containers({ ...filter, all: true })).map(({ id, labels: has }) => [has[labels.role] ?? "", id]));

  /** Runs `nitro tunnel` until the test ends. @returns its ports */
  async function openTunnel(...args: string[]): Promise<StackOutputs["ports"]> {
    const child = spawn("./nitro", ["tunnel", "-s", stack, "--json", ...args], {
      cwd: root,
      env: { ...process.env, DOCKER_HOST: second.host },
      stdio: ["ignore", "pipe", "inherit"],
    });
    tunnels.push(child);
    const [line] = await Promise.race([once(child.stdout, "data"), once(child, "exit").then(() => ["null"])]);
    return (JSON.parse(String(line)) as { ports: StackOutputs["ports"] }).ports;
  }

  async function end(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGINT");
    await ended;
  }

  async function version(port: number): Promise<string> {
    return await (await fetch(`http://127.0.0.1:${port}/health-check`)).text();
  }

  async function listing(folder: string): Promise<string> {
    const { base: image } = imageRefs((await engine.ping()).arch);
    await engine.create("e2e-remote-look", { image, entrypoint: ["ls"], command: ["/see"], binds: [`${folder}:/see`] });
    try {
      await engine.start("e2e-remote-look");
      await engine.wait("e2e-remote-look");
      const lines: string[] = [];
      for await (const { line } of engine.logs("e2e-remote-look")) lines.push(line);
      return lines.join(" ");
    } finally {
      await engine.removeContainer("e2e-remote-look", { force: true });
    }
  }

  test("it does not see the project", async () => {
    expect(await listing(root)).toBe("");
    expect(await listing("/usr")).toContain("bin");
  });

  test("up brings a stack without a mount of this machine, and says how to reach it", async () => {
    const said = await nitro("up", "-s", stack, "--binary", await buildSample(join(scratch, "v1"), "remote-v1"));
    expect(said).toContain(`./nitro tunnel -s ${stack}`);
    expect(await json<StackStatus>("status", "-s", stack)).toMatchObject({ healthy: true, sealed: false, shares: 2 });
    for (const { name } of await engine.containers({ ...filter, all: true })) {
      const types = (await engine.inspect(name))?.mounts.map(({ type }) => type) ?? [];
      expect(
        types.filter((type) => type === "bind"),
        name,
      ).toEqual([]);
    }
  });

  test("service and worker run an image of the executable, by its id", async () => {
    const { service, worker } = await json<StackOutputs>("outputs", "-s", stack);
    expect(service).toEqual(worker);
    for (const role of ["service", "worker"] as const) {
      const container = await engine.inspect(names.containers[role]);
      expect(container?.image).toMatch(/^sha256:[0-9a-f]{64}$/);
      const image = await engine.images.inspect(container?.imageId ?? "");
      expect(image?.tags).toEqual([expect.stringMatching(/^localhost\/nitro\/payments-e2e-remote:[0-9a-f]{16}$/)]);
      expect(image?.labels).toMatchObject({ [labels.stack]: stack, [labels.executable]: service.sha256 });
      const found = await engine.exec(names.containers[role], ["sha256sum", service.path]);
      expect(found.stdout).toBe(`${service.sha256}  ${service.path}\n`);
    }
  });

  test("a second up, and a preview, change nothing", async () => {
    const before = await ids();
    const { changes } = await json<{ changes: Record<string, number> }>("up", "-s", stack);
    expect(Object.keys(changes).filter((operation) => operation !== "same")).toEqual([]);
    const environment = await json<Record<string, string>>("env");
    const preview = await run("pulumi", ["preview", "-s", stack, "--expect-no-changes", "--non-interactive"], { env: environment });
    expect(preview.code, preview.stdout + preview.stderr).toBe(0);
    expect(await ids()).toEqual(before);
  });

  test("this machine's loopback is another one; commands open a tunnel of their own: a payout is paid, the ledger answers", async () => {
    const { ports } = await json<StackOutputs>("outputs", "-s", stack);
    await expect(version(ports.service)).rejects.toThrow("fetch failed");
    expect((await nitro("pay", "-s", stack, "--count", "3")).match(/\bpaid\b/g)?.length).toBeGreaterThanOrEqual(3);
    expect(await nitro("ledger", "tables", "-s", stack)).toContain("transactions");
  });

  test("nitro tunnel keeps the stack's own ports, and a swap is seen through it; nothing else is replaced", async () => {
    const ports = await openTunnel();
    const { serviceUrl, ports: declared } = await json<StackOutputs>("outputs", "-s", stack);
    expect(ports).toEqual(declared);
    expect(serviceUrl).toBe(`http://127.0.0.1:${ports.service}`);
    expect(await version(ports.service)).toContain("remote-v1");
    const before = await ids();
    await nitro("swap", "-s", stack, "--binary", await buildSample(join(scratch, "v2"), "remote-v2"));
    expect(await version(ports.service)).toContain("remote-v2");
    const after = await ids();
    expect(
      Object.keys(after)
        .filter((role) => after[role] !== before[role])
        .sort(),
    ).toEqual(["service", "worker"]);
  });

  test("swapping one of the two leaves the other", async () => {
    const before = await ids();
    await nitro("swap", "service", "-s", stack, "--binary", await buildSample(join(scratch, "v3"), "remote-v3"));
    const after = await ids();
    expect(Object.keys(after).filter((role) => after[role] !== before[role])).toEqual(["service"]);
    const { service, worker } = await json<StackOutputs>("outputs", "-s", stack);
    expect(service.sha256).not.toBe(worker.sha256);
  });

  test("a tunnel may take other ports, says which are in use, and comes back when the stack's end was restarted", async () => {
    const ports = await openTunnel("--base", "31870");
    expect(ports).toEqual({ service: 31870, redis: 31871, localstack: 31872, ledger: 31873 });
    expect(await version(31870)).toContain("remote-v3");
    const refused = await run("./nitro", ["tunnel", "-s", stack, "--base", "31870"], { env: { DOCKER_HOST: second.host } });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/port 31870 on 127\.0\.0\.1 is in use by process \d+/);
    await engine.restart(names.containers["key-feeder"]);
    await waitFor(async () => (await version(31870)).includes("remote-v3"), { what: "the tunnel works again" });
  });

  test("a closed tunnel leaves no process in the stack", async () => {
    // In brackets, so that the command does not find itself.
    const look = ["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep -c '[t]unnel.mjs'"];
    const relays = async () => (await engine.exec(names.containers["key-feeder"], look)).stdout.trim();
    await openTunnel();
    expect(await relays()).toBe("1");
    await end(tunnels.splice(0)[0] as ChildProcess);
    await waitFor(async () => (await relays()) === "0", { what: "the relay ended" });
  });

  test("down leaves nothing, no image of an executable either", async () => {
    await nitro("down", "-s", stack, "--yes");
    expect(await ids()).toEqual({});
    expect(await engine.images.list({ [labels.stack]: stack })).toEqual([]);
  });
});
