import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Engine } from "../../docker/engine.ts";
import { ArmFront } from "./arm-front.ts";

// The front of the test of arm64, before something that behaves as an engine does on a machine with much to do.

let folder: string;
let server: Server | undefined;
let front: ArmFront;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-front-"));
});

afterEach(async () => {
  await front.close();
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** @param answer gets what came first, and the connection */
async function engineThat(answer: (first: string, client: Socket) => void): Promise<Engine> {
  server = createServer((client) => {
    client.on("error", () => undefined);
    client.once("data", (data) => answer(data.toString(), client));
  }).listen(join(folder, "engine"));
  await once(server, "listening");
  front = await ArmFront.start(join(folder, "front"), join(folder, "engine"));
  return Engine.connect({ DOCKER_HOST: `unix://${join(folder, "front")}` });
}

/** An answer in pieces, as Go's server gives a long one. */
const chunked = (body: string) =>
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

const gone = 'HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n{"message":"No such thing"}';

test("it says arm64, also where the engine's answer comes in pieces", async () => {
  const engine = await engineThat((_first, client) =>
    client.end(chunked('{"Version":"20.10","ApiVersion":"1.41","Os":"linux","Arch":"amd64"}')),
  );
  expect(await engine.ping()).toMatchObject({ version: "20.10", arch: "arm64" });
});

test("an answer comes through from an engine that closes the connection as soon as it has read a short body", async () => {
  const socket = join(folder, "engine");
  const engineThread = new Worker(
    `const { createServer } = require("node:net");
     const { parentPort, workerData: { socket, answer } } = require("node:worker_threads");
     const server = createServer((client) => {
       client.on("error", () => undefined);
       client.on("data", (data) => data.toString().endsWith("}") && client.end(answer, () => client.destroy()));
     });
     server.listen(socket, () => parentPort.postMessage("listening"));`,
    { eval: true, workerData: { socket, answer: gone } },
  );
  try {
    await once(engineThread, "message");
    front = await ArmFront.start(join(folder, "front"), socket);
    const engine = Engine.connect({ DOCKER_HOST: `unix://${join(folder, "front")}` });
    const refusals = Array.from({ length: 100 }, () => engine.createVolume("x").then(String, String));
    expect(new Set(await Promise.all(refusals))).toEqual(new Set(["EngineError: cannot create volume x: No such thing"]));
  } finally {
    await engineThread.terminate();
  }
});

test("a refusal comes through where an archive was to be sent, and an archive is sent once the engine asks for it", async () => {
  let archives = 0;
  const engine = await engineThat((first, client) => {
    // Where a container is looked for by its name, there is none.
    if (!first.startsWith("PUT ") || archives++ === 0) return client.end(gone, () => client.destroy());
    client.write("HTTP/1.1 100 Continue\r\n\r\n");
    client.on("data", (data) => data.toString().endsWith("0\r\n\r\n") && client.end("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"));
  });
  const archive = () => Readable.from([Buffer.from("archive")]);
  await expect(engine.unpack("x", "/", archive())).rejects.toThrow("cannot write into x: No such thing");
  await engine.unpack("x", "/", archive());
});
