import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RawDetails } from "../../docker/answers.ts";
import { createBody } from "../../docker/create.ts";
import { Engine } from "../../docker/engine.ts";

// What podman 4.3 answers where it differs from Docker, as it was seen; test/slow/podman.test.ts asks a real one.

let folder: string;
let socket: string;
let server: Server;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-podman-"));
  socket = join(folder, "engine.sock");
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

async function engineThat(answer: (url: URL, response: ServerResponse) => void): Promise<Engine> {
  server = createServer((request: IncomingMessage, response) => {
    request.resume().on("end", () => answer(new URL(request.url ?? "", "http://engine"), response));
  }).listen(socket);
  await new Promise((resolve) => server.once("listening", resolve));
  return Engine.connect({ DOCKER_HOST: `unix://${socket}` });
}

test("an imported image is named in `repo` alone: what `tag` says would be passed over", async () => {
  const asked: URL[] = [];
  const engine = await engineThat((url, response) => {
    asked.push(url);
    response.end('{"status":"sha256:0","progress":"","progressDetail":{},"id":"sha256:0"}\n');
  });
  await engine.importImage(Buffer.from("tar"), "localhost/nitro/debian:1fec39306ebd02db");
  expect(asked.map(({ searchParams }) => searchParams.get("repo"))).toEqual(["localhost/nitro/debian:1fec39306ebd02db"]);
  expect(asked.map(({ searchParams }) => searchParams.has("tag"))).toEqual([false]);
});

test("events are asked for without their actions, whose names are others in a filter, and until a time that is still to come", async () => {
  const events = ["start", "exec", "die", "remove"].map((Action) => ({
    ...{ Type: "container", Action, Actor: { ID: "0e1f", Attributes: { containerExitCode: "7", exitCode: "7" } } },
    timeNano: 1_795_974_642_000_000_000,
  }));
  const asked: URLSearchParams[] = [];
  const engine = await engineThat((url, response) => {
    asked.push(url.searchParams);
    response.end(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  });
  const before = Date.now() / 1000;
  const found = await engine.pastEvents({ container: "0e1f", actions: ["die", "oom"], since: new Date(0) });
  expect(found.map(({ action, attributes }) => [action, attributes.exitCode])).toEqual([["die", "7"]]);
  expect(JSON.parse(asked[0]?.get("filters") ?? "")).toEqual({ container: ["0e1f"] });
  expect(asked[0]?.get("stream")).toBe("false");
  expect(Number(asked[0]?.get("until"))).toBeGreaterThan(before);
});

/** As podman describes a container that it has given a limit of its own. */
const details: RawDetails = {
  Id: "0e1f",
  Name: "/nitro-alice-redis",
  Created: "2026-11-29T17:48:36.0Z",
  Image: "sha256:0",
  RestartCount: 0,
  State: { Status: "running", Running: true, ExitCode: 0, OOMKilled: false, Error: "", StartedAt: "", FinishedAt: "" },
  Config: { Image: "", Labels: null, Env: null, Cmd: null, Entrypoint: null, User: "", Tty: false },
  HostConfig: { PidsLimit: 2048, RestartPolicy: { Name: "unless-stopped" } },
  Mounts: [],
  NetworkSettings: { Ports: null, Networks: null },
};

test.each([
  { status: 404, message: "Not Found", PidsLimit: true, problem: undefined },
  { status: 500, message: "no such cgroup", PidsLimit: true, problem: "cannot limit the processes of nitro-alice-redis: no such cgroup" },
  { status: 500, message: "container could not join or create cgroup", PidsLimit: false, problem: undefined },
])("an engine that answers $status where it is to change a limit: $message", async ({ status, message, PidsLimit, problem }) => {
  const engine = await engineThat(({ pathname }, response) => {
    if (pathname.endsWith("/info")) response.end(JSON.stringify({ PidsLimit }));
    else if (pathname.endsWith("/update")) response.writeHead(status).end(JSON.stringify({ message }));
    else response.end(JSON.stringify(details));
  });
  const error = await engine.limitProcesses("nitro-alice-redis").catch((thrown: Error) => thrown);
  expect(error?.message).toBe(problem);
});

test("a changed limit leaves the policy of restarts: podman 5 takes one that is not named for none", async () => {
  const updates: unknown[] = [];
  server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      if (request.url?.endsWith("/update")) updates.push(JSON.parse(Buffer.concat(pieces).toString("utf8")));
      response.end(JSON.stringify(details));
    });
  }).listen(socket);
  await new Promise((resolve) => server.once("listening", resolve));
  await Engine.connect({ DOCKER_HOST: `unix://${socket}` }).limitProcesses("nitro-alice-redis");
  expect(updates).toEqual([{ PidsLimit: 512, RestartPolicy: { Name: "unless-stopped" } }]);
});

test("a container without a network has no endpoints", () => {
  expect(createBody({ image: "x", network: "none" })).toMatchObject({ HostConfig: { NetworkMode: "none" }, NetworkingConfig: {} });
  expect(createBody({ image: "x", network: "n", aliases: ["redis"] })).toMatchObject({
    NetworkingConfig: { EndpointsConfig: { n: { Aliases: ["redis"] } } },
  });
});
