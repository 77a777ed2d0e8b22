import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { configure } from "../../automation/configured.ts";
import { buildForEngine } from "../../automation/ready.ts";
import { Progress } from "../../common/progress.ts";
import { Engine } from "../../docker/engine.ts";
import { checkExecutable } from "../../executable/check.ts";
import { sampleExecutable } from "../../executable/staging.ts";
import { buildEmpty } from "./build-sample.ts";
import { root, run } from "./nitro.ts";

// An engine of the other architecture, as far as a machine without one can have it: a server that says it is one, and no more.

const other = process.arch === "arm64" ? "amd64" : "arm64";
const own = other === "arm64" ? "amd64" : "arm64";
const stack = "e2e-arm";
const scratch = mkdtempSync(join(tmpdir(), "nitro-arm-"));
const socket = join(scratch, "engine.sock");
let server: Server;

beforeAll(async () => {
  server = createServer((request, response) => {
    const known = request.url === "/version";
    response.writeHead(known ? 200 : 500, { "Content-Type": "application/json" });
    response.end(JSON.stringify(known ? { ApiVersion: "1.41", Version: "20.10", Arch: other, Os: "linux" } : { message: "a stand-in" }));
  }).listen(socket);
  await new Promise((resolve) => server.once("listening", resolve));
});

afterAll(() => {
  server.close();
  rmSync(scratch, { recursive: true, force: true });
});

const up = (binary: string) =>
  run("./nitro", ["up", "-s", stack, "--binary", binary], { env: { DOCKER_HOST: `unix://${socket}`, DOCKER_CONTEXT: "" } });

test("up refuses this host's executable before it builds anything, and says how to build for the engine", async () => {
  const { code, stderr } = await up(await buildEmpty(join(scratch, "own"), "linux", own));
  expect(code).toBe(1);
  expect(stderr).toContain(`it is for ${own}, the container engine runs ${other}`);
  expect(stderr).toContain(`GOOS=linux GOARCH=${other} CGO_ENABLED=0 go build`);
  expect(stderr).not.toContain("a stand-in");
});

test.each([
  ["darwin", "arm64", "macOS (Mach-O, arm64)"],
  ["windows", "amd64", "Windows (PE, amd64)"],
  ["freebsd", other, "it is for FreeBSD, not for Linux"],
])("what Go builds for %s/%s is named", async (goos, goarch, message) => {
  const { code, stderr } = await up(await buildEmpty(join(scratch, goos), goos, goarch));
  expect(code).toBe(1);
  expect(stderr).toContain(message);
  expect(stderr).toContain(`GOOS=linux GOARCH=${other}`);
});

test("an executable of the engine's architecture gets past the check", async () => {
  const { code, stderr } = await up(await buildEmpty(join(scratch, "fitting"), "linux", other));
  expect(code).toBe(1);
  expect(stderr).toContain("a stand-in");
});

test("the sample is built for the engine, not for this host", async () => {
  const engine = Engine.connect({ DOCKER_HOST: `unix://${socket}` });
  const { env, stdin, stdout, stderr } = process;
  const { signal } = new AbortController();
  const configured = await configure(stack, { root: scratch, env }, { files: [] });
  const context = { env, cwd: root, stdin, stdout, stderr, root, signal, kill: signal };
  await buildForEngine({ engine, arch: (await engine.ping()).arch }, stack, configured, new Progress(stderr), context);
  const built = sampleExecutable(root, other);
  checkExecutable(readFileSync(built), built, other);
});
