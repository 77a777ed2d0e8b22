import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { Engine } from "../../docker/engine.ts";
import { swapLive } from "../../executable/live.ts";
import { loadExecutable } from "../../executable/loading.ts";
import { ensureImages, imageRefs } from "../../images/build.ts";
import { settingsPath } from "../../model/settings-file.ts";
import { stackOutputs } from "../../testing/outputs.ts";
import { ownerId } from "../../toolchain/owner.ts";
import { buildEmpty, buildSample } from "../e2e/build-sample.ts";
import { engineResources, nitro, nitroJson, root, tryNitro } from "../e2e/nitro.ts";
import { ensureArmDebian } from "./arm-debian.ts";
import { ArmFront } from "./arm-front.ts";
import { type Emulation, emulateArm } from "./emulation.ts";

// A whole stack on arm64, by emulation. Redis and LocalStack are this machine's: what they are made of is checked beside this, not run.

const stack = "e2e-arm-stack";
const scratch = mkdtempSync(join(tmpdir(), "nitro-arm-stack-"));
let emulation: Emulation | undefined;
let front: ArmFront | undefined;
let hindrance: string | undefined;

/** Makes an arm64 engine of the one that is here. @returns why that cannot be, where it cannot */
async function prepare(): Promise<string | undefined> {
  const engine = Engine.connect();
  const { arch } = await engine.ping();
  if (arch === "arm64") return "the container engine runs arm64 itself: the other tests are on arm64 already";
  const own = /^unix:\/\/(.+)$/.exec(engine.host)?.[1];
  if (own === undefined) return `the container engine is not on this machine (${engine.host})`;
  const emulated = await emulateArm(process.env);
  if (typeof emulated === "string") return emulated;
  emulation = emulated;
  const { redis, localstack } = imageRefs(arch);
  await ensureImages(engine, { redis, localstack });
  const socket = join(scratch, "engine.sock");
  front = await ArmFront.start(socket, own);
  vi.stubEnv("DOCKER_HOST", `unix://${socket}`);
  await nitro("down", "-s", stack, "--yes");
  await ensureArmDebian(Engine.connect(), process.env);
  writeFileSync(settingsPath(root, stack), JSON.stringify({ config: { "nitro:images": { redis, localstack } } }));
  return undefined;
}

beforeAll(async () => {
  hindrance = await prepare();
  // The reporter says how many tests were skipped, and not why.
  if (hindrance !== undefined) console.warn(`skipped: ${hindrance}`);
});

beforeEach((context) => {
  if (hindrance !== undefined) context.skip(hindrance);
});

afterAll(async () => {
  try {
    if (front !== undefined) await nitro("down", "-s", stack, "--yes");
    await front?.close();
  } finally {
    await emulation?.stop();
    rmSync(settingsPath(root, stack), { force: true });
    rmSync(scratch, { recursive: true, force: true });
  }
});

const sha256 = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

/** What service and worker run, by their own processes. */
async function running() {
  const { healthy, parts } = await nitroJson<StackStatus>("status", "-s", stack);
  const programs = parts.filter(({ role }) => role === "service" || role === "worker");
  return { healthy, programs: programs.map(({ running: found, live }) => ({ sha256: found?.sha256, live })) };
}

async function version(): Promise<string> {
  const { serviceUrl } = await stackOutputs(stack);
  return ((await (await fetch(`${serviceUrl}/health-check`)).json()) as { version: string }).version;
}

const twice = <T>(value: T) => [value, value];

test("a stack comes up on arm64 and pays", async () => {
  const binary = await buildSample(join(scratch, "first"), "arm-first");
  await nitro("up", "-s", stack, "--binary", binary);
  for (const role of ["service", "worker", "ledger", "key-feeder"]) {
    expect(await nitro("exec", "-s", stack, role, "--", "uname", "-m"), role).toBe("aarch64\n");
  }
  expect(await running()).toEqual({ healthy: true, programs: twice({ sha256: sha256(binary) }) });
  expect(await version()).toBe("arm-first");
  await nitro("pay", "-s", stack, "--count", "3");
});

test("an executable for amd64 is refused, and what runs goes on", async () => {
  const before = await running();
  const { code, stderr } = await tryNitro("swap", "-s", stack, "--binary", await buildEmpty(join(scratch, "amd64"), "linux", "amd64"));
  expect(code).toBe(1);
  expect(stderr).toContain("it is for amd64, the container engine runs arm64");
  expect(stderr).toContain("GOOS=linux GOARCH=arm64 CGO_ENABLED=0 go build");
  expect(await running()).toEqual(before);
});

test("one for arm64 is swapped, and pays", async () => {
  const binary = await buildSample(join(scratch, "second"), "arm-second");
  await nitro("swap", "-s", stack, "--binary", binary);
  expect(await running()).toEqual({ healthy: true, programs: twice({ sha256: sha256(binary) }) });
  expect(await version()).toBe("arm-second");
  await nitro("pay", "-s", stack, "--count", "3");
});

test("one for arm64 is swapped live, and pays", async () => {
  const binary = await buildSample(join(scratch, "third"), "arm-third");
  const target = { engine: Engine.connect(), root, stack, owner: ownerId(process.env), roles: ["service", "worker"] as const };
  await swapLive(target, await loadExecutable(root, binary, "arm64", stack));
  const hash = sha256(binary);
  expect(await running()).toEqual({ healthy: true, programs: twice({ sha256: hash, live: hash }) });
  expect(await version()).toBe("arm-third");
  await nitro("pay", "-s", stack, "--count", "3");
});

test("it goes down without a rest", async () => {
  await nitro("down", "-s", stack, "--yes");
  expect(await engineResources(stack)).toEqual({ containers: {}, networks: [], volumes: [], notes: [] });
});
