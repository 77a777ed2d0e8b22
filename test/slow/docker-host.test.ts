import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, relative } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { Engine } from "../../docker/engine.ts";
import { ensureImages, imageRefs } from "../../images/build.ts";
import { labels } from "../../model/names.ts";
import type { StackOutputs } from "../../model/outputs.ts";
import { settingsPath } from "../../model/settings-file.ts";
import { buildSample } from "../e2e/build-sample.ts";
import { nitro, nitroJson, root, run, tryNitro } from "../e2e/nitro.ts";
import { ReachedMachine } from "./reached-machine.ts";

// Commands know of the engine by the stack's settings alone, as they and plain pulumi read them.
const scratch = mkdtempSync(join(tmpdir(), "nitro-docker-host-"));
let machine: ReachedMachine | string;
let binaries: { readonly first: string; readonly second: string };

beforeAll(async () => {
  machine = await ReachedMachine.start();
  // The reporter says how many tests were skipped, and not why.
  if (typeof machine === "string") return console.warn(`skipped: ${machine}`);
  const local = Engine.connect();
  const refs = imageRefs((await local.ping()).arch);
  await ensureImages(local, refs);
  await machine.engine.load(Object.values(refs));
  const build = (version: string) => buildSample(join(scratch, version), version);
  binaries = { first: await build("host-first"), second: await build("host-second") };
});

afterAll(async () => {
  if (typeof machine !== "string") await machine?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

const ways = [
  { way: "ssh, by a key", stack: "slow-by-ssh", settings: ({ ssh }: ReachedMachine) => ({ "docker:host": ssh }) },
  {
    way: "tcp with TLS, by a certificate",
    stack: "slow-by-tls",
    settings: ({ tcp, certificates }: ReachedMachine) => ({ "docker:host": tcp, "docker:certPath": relative(root, certificates) }),
  },
];

describe.each(ways)("a stack whose settings name an engine behind $way", ({ stack, settings }) => {
  const filter = { labels: { [labels.stack]: stack } };

  beforeEach((context) => {
    if (typeof machine === "string") return context.skip(machine);
    vi.stubEnv("PATH", `${machine.path}${delimiter}${process.env.PATH}`);
  });

  afterEach(() => vi.unstubAllEnvs());

  beforeAll(() => {
    if (typeof machine !== "string") writeFileSync(settingsPath(root, stack), JSON.stringify({ config: settings(machine) }));
  });

  afterAll(async () => {
    if (typeof machine === "string") return;
    vi.stubEnv("PATH", `${machine.path}${delimiter}${process.env.PATH}`);
    await run("./nitro", ["down", "-s", stack, "--yes"]);
    vi.unstubAllEnvs();
    rmSync(settingsPath(root, stack), { force: true });
  });

  function engine(): Engine {
    if (typeof machine === "string") throw new Error(machine);
    return machine.engine.connect();
  }

  test("up brings it up there, and there alone; a second one, and plain pulumi, change nothing", async () => {
    await nitro("up", "-s", stack, "--binary", binaries.first);
    expect(await nitroJson<StackStatus>("status", "-s", stack)).toMatchObject({ healthy: true, sealed: false, shares: 2 });
    expect((await engine().containers(filter)).length).toBeGreaterThan(5);
    expect(await Engine.connect().containers({ ...filter, all: true })).toEqual([]);
    const { changes } = await nitroJson<{ changes: Record<string, number> }>("up", "-s", stack);
    expect(Object.keys(changes).filter((operation) => operation !== "same")).toEqual([]);
    const env = await nitroJson<Record<string, string>>("env");
    const preview = await run("pulumi", ["preview", "-s", stack, "--refresh", "--expect-no-changes", "--non-interactive"], { env });
    expect(preview.code, preview.stdout + preview.stderr).toBe(0);
  });

  test("ls shows it with the engine that it is on", async () => {
    const rows = await nitroJson<{ name: string; healthy: number; parts: number; engine?: string }[]>("ls");
    const row = rows.find(({ name }) => name === stack);
    expect(row?.engine).toBe((settings(machine as ReachedMachine) as Record<string, string>)["docker:host"]);
    expect(row?.healthy).toBe(row?.parts);
  });

  test("a payout is paid, logs and commands come from there", async () => {
    expect(await nitro("pay", "-s", stack, "--count", "3")).toMatch(/3 payments, 3 paid/);
    expect(await nitro("logs", "-s", stack, "service", "--json")).toContain("/v1/payments/submit");
    expect(await nitro("ledger", "tables", "-s", stack)).toContain("transactions");
    const { code, stdout, stderr } = await run("sh", [
      "-c",
      `echo in | ./nitro exec service -s ${stack} -- sh -c 'cat; hostname; echo err >&2; exit 3'`,
    ]);
    expect({ code, stdout, stderr }).toEqual({ code: 3, stdout: "in\nservice\n", stderr: "err\n" });
  });

  test("a swap brings another executable to both", async () => {
    await nitro("swap", "-s", stack, "--binary", binaries.second);
    const { service, worker } = await nitroJson<StackOutputs>("outputs", "-s", stack);
    expect(service).toEqual(worker);
    expect(await nitro("exec", "-s", stack, "service", "--", "sha256sum", service.path)).toContain(service.sha256);
    expect(await nitro("exec", "-s", stack, "service", "--", "curl", "-s", "http://127.0.0.1/health-check")).toContain("host-second");
  });

  test("a snapshot is saved and put back: what was paid later is not known any more", async () => {
    await nitro("snapshot", "save", "before", "-s", stack);
    await nitro("pay", "-s", stack, "--count", "2");
    const known = async () =>
      (JSON.parse(await nitro("ledger", "query", "SELECT COUNT(*) FROM transactions", "-s", stack, "--json")) as [{ _1: number }])[0]._1;
    expect(await known()).toBe(5);
    await nitro("snapshot", "restore", "before", "-s", stack);
    expect(await known()).toBe(3);
    expect(await nitro("pay", "-s", stack)).toMatch(/1 paid/);
  });

  test("restart, reset and fault work on it", async () => {
    await nitro("restart", "-s", stack, "service");
    await nitro("fault", "-s", stack, "redis", "down");
    expect(await nitro("fault", "ls", "-s", stack)).toContain("redis");
    await nitro("fault", "clear", "-s", stack);
    await nitro("reset", "-s", stack);
    expect(await nitroJson<StackStatus>("status", "-s", stack)).toMatchObject({ healthy: true, sealed: false });
  });

  test("down leaves nothing there", async () => {
    await nitro("down", "-s", stack, "--yes");
    const left = [await engine().containers({ ...filter, all: true }), await engine().volumes(filter), await engine().networks(filter)];
    expect(left).toEqual([[], [], []]);
    expect(await engine().images.list({ [labels.stack]: stack })).toEqual([]);
    const { code, stderr } = await tryNitro("exec", "-s", stack, "service", "--", "true");
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`stack "${stack}" has no container for service`) });
  });
});
