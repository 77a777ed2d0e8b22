import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Engine, EngineError } from "../../docker/engine.ts";
import { Transport } from "../../docker/transport.ts";

// A server in the engine's place that leaves a command's stream open, as Docker 20.10 does now and then where a container dies in that moment.

let folder: string;
let server: Server;
let env: NodeJS.ProcessEnv;
const open: Duplex[] = [];

/** What the engine says of the command, call after call; the last answer stays. */
let states: { status: number; body: unknown }[];

const runs = { status: 200, body: { Running: true, ExitCode: null } };
const refusal = (message: string) => ({ status: 409, body: { message } });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "nitro-exec-"));
  const socket = join(folder, "engine.sock");
  env = { DOCKER_HOST: `unix://${socket}` };
  server = createServer((request, response) => {
    const state = request.method === "POST" ? { status: 201, body: { Id: "abc" } } : states.length > 1 ? states.shift() : states[0];
    if (request.url?.startsWith("/never")) return;
    response.statusCode = state?.status ?? 500;
    response.end(JSON.stringify(state?.body));
  });
  server.on("upgrade", (_request, stream: Duplex) => {
    open.push(stream);
    stream.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
});

afterEach(async () => {
  for (const stream of open.splice(0)) stream.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

test("a command whose container has ended is given up, with the engine's words, though its stream stays open", async () => {
  states = [runs, refusal("Container abc is not running")];
  const error = await Engine.connect(env)
    .exec("nitro-x-service", ["true"])
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(EngineError);
  expect(error).toMatchObject({ status: 409, message: "cannot run a command in nitro-x-service: Container abc is not running" });
});

test("one in a container that is paused is waited for", async () => {
  states = [
    refusal("Container abc is paused, unpause the container before exec"),
    runs,
    { status: 200, body: { Running: false, ExitCode: 7 } },
  ];
  const result = Engine.connect(env).exec("nitro-x-service", ["true"]);
  await expect.poll(() => states.length, { timeout: 5000 }).toBe(1);
  open[0]?.end();
  expect((await result).exitCode).toBe(7);
});

test("an engine that takes a call and never answers is told about", async () => {
  const never = new Transport(env).json({ method: "GET", path: "/never", limitMs: 50, doing: "inspect nitro-x-redis" });
  await expect(never).rejects.toThrow(/cannot inspect nitro-x-redis: the container engine at .* gave no answer within 0.05 s/);
});
