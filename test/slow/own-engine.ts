import { once } from "node:events";
import { copyFileSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { Engine } from "../../docker/engine.ts";
import { ensureImages, imageRefs } from "../../images/build.ts";
import { labels, stackNames } from "../../model/names.ts";
import { stackOutputs } from "../../testing/outputs.ts";
import { buildSample } from "../e2e/build-sample.ts";
import { engineResources, nitro, nitroJson, run, tryNitro } from "../e2e/nitro.ts";
import { Watcher } from "../e2e/watcher.ts";

/** A container engine of a test's own. */
export interface OwnEngine {
  /** For DOCKER_HOST. */
  readonly host: string;
  /** Ends it, its containers and its data. */
  stop(): Promise<void>;
}

/**
 * Declares the tests of a stack on another engine than this machine's, from its images to its end. What engines differ in is in docs/engines.md.
 * @param start gives the engine, or why it cannot be had here: then the tests are skipped
 * @param options copied: it gets its images from this machine's engine, which takes less long than building them
 */
export function testStackOn(stack: string, start: () => Promise<OwnEngine | string>, { copied = false } = {}): void {
  const names = stackNames(stack);
  const scratch = mkdtempSync(join(tmpdir(), "nitro-own-engine-"));
  let own: OwnEngine | string;
  let binaries: { readonly [version in "first" | "second" | "third"]: string };

  beforeAll(async () => {
    own = await start();
    // The reporter says how many tests were skipped, and not why.
    if (typeof own === "string") return console.warn(`skipped: ${own}`);
    if (copied) await copyImages(Engine.connect(), Engine.connect({ DOCKER_HOST: own.host }));
    vi.stubEnv("DOCKER_HOST", own.host);
    const build = (version: string) => buildSample(join(scratch, version), version);
    binaries = { first: await build("first"), second: await build("second"), third: await build("third") };
  });

  beforeEach((context) => {
    if (typeof own === "string") context.skip(own);
  });

  afterAll(async () => {
    try {
      if (typeof own !== "string") await nitro("down", "-s", stack, "--yes");
    } finally {
      if (typeof own !== "string") await own.stop();
      vi.unstubAllEnvs();
      rmSync(scratch, { recursive: true, force: true });
    }
  });

  async function version(): Promise<string> {
    const { serviceUrl } = await stackOutputs(stack);
    return ((await (await fetch(`${serviceUrl}/health-check`)).json()) as { version: string }).version;
  }

  /** Ids of all that the engine has of the stack; the network's tells whether it is the same one. */
  async function ids() {
    const [{ containers }, networks] = await Promise.all([
      engineResources(stack),
      Engine.connect().networks({ labels: { [labels.stack]: stack } }),
    ]);
    return { containers, networks: networks.map(({ id }) => id) };
  }

  async function pulumi(...args: string[]) {
    const env = await nitroJson<Record<string, string>>("env");
    return await run("pulumi", [...args, "-s", stack, "--non-interactive"], { env });
  }

  test("its images are built and tagged, and a stack comes up and pays", async () => {
    const engine = Engine.connect();
    await nitro("up", "-s", stack, "--binary", binaries.first);
    const { arch } = await engine.ping();
    for (const ref of Object.values(imageRefs(arch))) expect((await engine.images.inspect(ref))?.tags).toEqual([ref]);
    expect((await nitroJson<StackStatus>("status", "-s", stack)).healthy).toBe(true);
    expect(await version()).toBe("first");
    expect(await nitro("pay", "-s", stack, "--count", "3")).toContain("3 paid");
  });

  test("containers are confined as on Docker, and named by their roles", async () => {
    const script =
      "cat /proc/sys/net/ipv4/ip_unprivileged_port_start; id -u; grep -E '^(CapBnd|NoNewPrivs)' /proc/self/status; touch /x || echo read-only";
    const { stdout } = await Engine.connect().exec(names.containers.service, ["sh", "-c", script]);
    expect(stdout).toBe("0\n1000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\nread-only\n");
    const found = await Engine.connect().exec(names.containers.service, ["getent", "hosts", "redis", "localstack", "ledger"]);
    expect(found.exitCode, found.output).toBe(0);
  });

  test("a second up, a refresh and a preview change nothing: network and containers stay the same", async () => {
    const before = await ids();
    const { changes } = await nitroJson<{ changes: Record<string, number> }>("up", "-s", stack);
    expect(Object.keys(changes).filter((operation) => operation !== "same")).toEqual([]);
    const refresh = await pulumi("refresh", "--yes");
    expect(refresh.code, refresh.stdout + refresh.stderr).toBe(0);
    const preview = await pulumi("preview", "--refresh", "--expect-no-changes");
    expect(preview.code, preview.stdout + preview.stderr).toBe(0);
    expect(await ids()).toEqual(before);
  });

  test("a swap replaces the service and the worker alone, which are as they were but for the executable", async () => {
    const before = await ids();
    await nitro("swap", "-s", stack, "--binary", binaries.second);
    expect(await version()).toBe("second");
    const after = await ids();
    const replaced = Object.keys(after.containers).filter((role) => after.containers[role] !== before.containers[role]);
    expect(replaced.sort()).toEqual(["service", "worker"]);
    expect(after.networks).toEqual(before.networks);
    const preview = await pulumi("preview", "--refresh", "--expect-no-changes");
    expect(preview.code, preview.stdout + preview.stderr).toBe(0);
  });

  test.each([
    { options: ["--live"], from: "second", to: "third" },
    { options: [], from: "third", to: "second" },
  ] as const)("watch $options swaps what is built", async ({ options, from, to }) => {
    const file = join(scratch, "watched");
    copyFileSync(binaries[from], file);
    const watcher = new Watcher(["-s", stack, "--binary", file, ...options]);
    try {
      await watcher.next("ready", 0);
      copyFileSync(binaries[to], `${file}.new`);
      expect(await watcher.after(() => renameSync(`${file}.new`, file), "swapped")).toMatchObject({ sealed: false });
      expect(await version()).toBe(to);
    } finally {
      expect(await watcher.end()).toBe(0);
    }
    expect(await version()).toBe(to);
  });

  test("logs and exec have both streams, input and the exit code", async () => {
    const logs = await tryNitro("logs", "-s", stack, "service", "--no-prefix", "--tail", "1");
    expect(logs).toEqual({ code: 0, stdout: "", stderr: expect.stringMatching(/^{.*"level".*}\n$/) });
    const { code, stdout, stderr } = await run("sh", [
      "-c",
      `echo in | ./nitro exec service -s ${stack} -- sh -c 'cat; echo err >&2; exit 3'`,
    ]);
    expect({ code, stdout, stderr }).toEqual({ code: 3, stdout: "in\n", stderr: "err\n" });
  });

  test("restart keeps containers, and up brings back what was stopped", async () => {
    const before = await ids();
    await nitro("restart", "-s", stack, "redis", "service");
    expect(await ids()).toEqual(before);
    // Nobody needs it all the time: without Redis, service and worker would start over and over, and be replaced as well.
    await Engine.connect().stop(names.containers["key-feeder"], { graceSeconds: 1 });
    const { code, stdout, stderr } = await tryNitro("up", "-s", stack);
    const after = await ids();
    expect(after.networks).toEqual(before.networks);
    const replaced = Object.keys(after.containers).filter((role) => after.containers[role] !== before.containers[role]);
    expect({ code, replaced }, stdout + stderr).toEqual({ code: 0, replaced: ["key-feeder"] });
    expect(await nitro("pay", "-s", stack)).toContain("1 paid");
  });

  test("down leaves nothing", async () => {
    await nitro("down", "-s", stack, "--yes");
    expect(await engineResources(stack)).toEqual({ containers: {}, networks: [], volumes: [], notes: [] });
  });
}

/** Copies the images of a stack between two engines on this machine. */
async function copyImages(from: Engine, to: Engine): Promise<void> {
  const refs = imageRefs((await from.ping()).arch);
  await ensureImages(from, refs);
  const names = new URLSearchParams(Object.values(refs).map((ref): [string, string] => ["names", ref]));
  const saved = await answerOf(call(from, "GET", `/images/get?${names}`).end());
  const load = call(to, "POST", "/images/load?quiet=true");
  const [loaded] = await Promise.all([answerOf(load), pipeline(saved, load)]);
  await text(loaded);
  for (const ref of Object.values(refs)) if (!(await to.imageExists(ref))) throw new Error(`${ref} did not come over to ${to.host}`);
}

function call({ host }: Engine, method: "GET" | "POST", path: string): ClientRequest {
  return request({ socketPath: host.replace(/^unix:\/\//, ""), method, path, headers: { "content-type": "application/x-tar" } });
}

async function answerOf(sent: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`the engine answered ${answer.statusCode}: ${await text(answer)}`);
  return answer;
}
