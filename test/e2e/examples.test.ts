import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Engine } from "../../docker/engine.ts";
import { stackNames } from "../../model/names.ts";
import { openStack } from "../../testing/stack.ts";
import { ensureGo, goEnvironment } from "../../toolchain/go.ts";
import { nitro, root, run } from "./nitro.ts";

const stack = "e2e-examples";
const env = { NITRO_STACK: stack };
const modules = join(root, "node_modules");
// A project of somebody else's, with what `npm install` would put there.
const project = mkdtempSync(join(tmpdir(), "nitro-examples-"));

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  await nitro("up", "-s", stack);
  expect(await run(join(modules, ".bin/tsc"), ["-p", "testing"])).toMatchObject({ code: 0, stdout: "" });
  const suite = join(root, "examples/vitest");
  cpSync(suite, project, { recursive: true, filter: (path) => path !== join(suite, "node_modules") });
  mkdirSync(join(project, "node_modules"));
  symlinkSync(root, join(project, "node_modules/nitro-stacks"));
  symlinkSync(join(modules, "vitest"), join(project, "node_modules/vitest"));
});

afterAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  rmSync(project, { recursive: true, force: true });
});

/** Names of payouts that tests have left. */
async function leftPayouts(): Promise<string[]> {
  await using opened = await openStack(stack);
  return (await opened.pay.ls()).map(({ payoutId }) => payoutId);
}

test("the vitest suite compiles, passes and leaves nothing", async () => {
  expect(await run(join(modules, ".bin/tsc"), ["-p", "."], { cwd: project })).toMatchObject({ code: 0, stdout: "" });
  const { code, stdout, stderr } = await run(process.execPath, [join(modules, "vitest/vitest.mjs"), "run"], { cwd: project, env });
  expect(code, stdout + stderr).toBe(0);
  expect(stdout).toMatch(/Tests.*6 passed/);
  expect(await leftPayouts()).toEqual([]);
});

test("the Go program is tested, and leaves nothing; it tells of a payout by hand what its tests do", async () => {
  const [go, cwd] = [await ensureGo(), join(root, "examples/go")];
  const goEnv = { ...goEnvironment(process.env), ...env };
  const { code, stdout, stderr } = await run(go, ["test", "-count=1", "-v", "./..."], { cwd, env: goEnv });
  expect(code, stdout + stderr).toBe(0);
  expect(stdout.match(/^--- PASS: /gm)).toHaveLength(4);
  expect(await leftPayouts()).toEqual([]);
  const { payoutId } = JSON.parse(await nitro("pay", "-s", stack, "--count", "2", "--json")) as { payoutId: string };
  await using opened = await openStack(stack);
  const program = await run(go, ["run", ".", opened.outputs.redisUrl, payoutId], { cwd, env: goEnv });
  expect(program).toMatchObject({ code: 0, stdout: "2\n" });
});

test.each(["its caller is gone", "Ctrl-C"])("nitro fixtures undoes what was made and paused: %s", async (end) => {
  const child = spawn(join(root, "nitro"), ["fixtures", "-s", stack], { cwd: root, stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value ?? "") as { result?: unknown; stack?: string };
  const call = async (name: string, args: object) => {
    child.stdin.write(`${JSON.stringify({ id: name, call: name, args })}\n`);
    return (await next()).result;
  };
  expect((await next()).stack).toBe(stack);
  const scope = await call("scope", { label: "left" });
  expect(await call("payout", { scope, custodian: "dryrun-prepare-fails" })).toMatch(/^test-left-/);
  expect(await call("pause", { scope, part: "localstack" })).toEqual(expect.any(String));
  const { containers } = stackNames(stack);
  const localstack = async () => (await Engine.connect().inspect(containers.localstack))?.status;
  expect(await localstack()).toBe("paused");
  if (end === "Ctrl-C") child.kill("SIGINT");
  else child.stdin.destroy();
  expect(await exited).toEqual([0, null]);
  expect(await localstack()).toBe("running");
  expect((await leftPayouts()).filter((payoutId) => payoutId.startsWith("test-"))).toEqual([]);
});
