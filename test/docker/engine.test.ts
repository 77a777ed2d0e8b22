import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, Server, type ServerResponse } from "node:http";
import { createServer as createNetServer, type Server as NetServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Engine, EngineError } from "../../docker/engine.ts";

// A server in the engine's place, for what a real engine does not do on demand: refuse, break off, be something else.

let folder: string;
let socket: string;
let server: Server | NetServer | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-engine-"));
  socket = join(folder, "engine.sock");
});

afterEach(async () => {
  if (server instanceof Server) server.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function engineThat(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Engine> {
  server = createServer(answer).listen(socket);
  await new Promise((resolve) => server?.once("listening", resolve));
  return Engine.connect({ DOCKER_HOST: `unix://${socket}` });
}

async function failure(work: Promise<unknown>): Promise<EngineError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(EngineError);
  return error as EngineError;
}

test("an engine that is not there is one clear error, at the call and not before", async () => {
  const engine = Engine.connect({ DOCKER_HOST: `unix://${socket}` });
  expect(engine.host).toBe(`unix://${socket}`);
  const error = await failure(engine.ping());
  expect(error.message).toBe(`no container engine answers at unix://${socket}: the socket does not exist`);
  expect(error.hint).toBe("start it, or run ./nitro setup");
  expect(error.status).toBeUndefined();
});

test("a port where nobody listens says so", async () => {
  const closed = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => closed.once("listening", resolve));
  const address = closed.address();
  await new Promise((resolve) => closed.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  const error = await failure(Engine.connect({ DOCKER_HOST: `tcp://127.0.0.1:${address.port}` }).containers());
  expect(error.message).toBe(`no container engine answers at tcp://127.0.0.1:${address.port}: connection refused`);
});

test("an engine that hangs is given up", async () => {
  const engine = await engineThat(() => undefined);
  expect((await failure(engine.ping({ timeoutMs: 50 }))).message).toBe(
    `no container engine answers at unix://${socket}: no answer within 0.05 s`,
  );
});

test("a malformed DOCKER_HOST is an error of the calls", async () => {
  const error = await failure(Engine.connect({ DOCKER_HOST: "http://localhost" }).containers());
  expect(error.message).toContain('DOCKER_HOST is "http://localhost"');
});

test("the engine's status and message are kept, with what was asked for", async () => {
  const engine = await engineThat((_request, response) => response.writeHead(409).end('{"message":"name is in use"}'));
  const error = await failure(engine.start("nitro-alice-redis"));
  expect(error.status).toBe(409);
  expect(error.message).toBe("cannot start nitro-alice-redis: name is in use");
});

test("an answer of something else than an engine is quoted", async () => {
  const engine = await engineThat((_request, response) => response.writeHead(200).end("<html>welcome</html>"));
  expect((await failure(engine.containers())).message).toBe("cannot list containers: the answer is not JSON: <html>welcome</html>");
});

test("what is not there is undefined, and gone when removed", async () => {
  const engine = await engineThat((_request, response) => response.writeHead(404).end('{"message":"no such thing"}'));
  expect(await engine.inspect("x")).toBeUndefined();
  expect(await engine.imageExists("x")).toBe(false);
  await engine.removeContainer("x", { force: true });
  await engine.removeVolume("x");
  await engine.removeNetwork("x");
});

test("a volume in use is not silently kept", async () => {
  const engine = await engineThat((_request, response) => response.writeHead(409).end('{"message":"volume is in use"}'));
  expect((await failure(engine.removeVolume("v"))).message).toBe("cannot remove volume v: volume is in use");
});

test("a failed build is an error though the engine answered 200, and quotes its last output", async () => {
  const engine = await engineThat((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200);
      response.write('{"stream":"Step 1/2 : RUN false\\n"}\n{"stream":"compiler: no such file\\n"}\n');
      response.end('{"errorDetail":{"code":1},"error":"The command returned a non-zero code: 1"}\n');
    });
  });
  const error = await failure(engine.build(Readable.from([Buffer.from("tar")]), { tag: "localhost/x:1" }));
  expect(error.message).toBe(
    "cannot build localhost/x:1: The command returned a non-zero code: 1\nStep 1/2 : RUN false\ncompiler: no such file",
  );
});

test("a build whose archive breaks off fails with the reason of the archive", async () => {
  const engine = await engineThat((request) => void request.resume());
  const broken = Readable.from(
    (async function* () {
      yield Buffer.from("half");
      throw new Error("tar ended with exit code 2");
    })(),
  );
  await expect(engine.build(broken, { tag: "x" })).rejects.toThrow("tar ended with exit code 2");
});

test("a refusal is told with its reason, however much of an archive was still to be sent", async () => {
  const gone = Promise.withResolvers<void>();
  // As Go's server does: what it refuses it does not read, and the connection is gone with its answer.
  server = createNetServer((client) => {
    client.once("close", () => gone.resolve());
    client.once("data", () =>
      client.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n{"message":"No such container: x"}', () => client.destroy()),
    );
  }).listen(socket);
  await once(server, "listening");
  const archive = Readable.from(
    (async function* () {
      yield Buffer.from("first half");
      await gone.promise;
      yield Buffer.from("second half");
    })(),
  );
  const error = await failure(Engine.connect({ DOCKER_HOST: `unix://${socket}` }).unpack("x", "/", archive));
  expect(error.message).toBe("cannot write into x: No such container: x");
  expect(error.status).toBe(404);
  if (!archive.closed) await once(archive, "close");
});

test.each([
  { who: "asks for it", bodyFor: (socket: Socket) => socket.write("HTTP/1.1 100 Continue\r\n\r\n") },
  { who: "answers before it has read it", bodyFor: (socket: Socket) => socket.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n") },
  { who: "asks for nothing", bodyFor: () => undefined },
])("an archive reaches an engine that $who", async ({ who, bodyFor }) => {
  const got: string[] = [];
  server = createNetServer({ allowHalfOpen: true }, (client) => {
    client.on("data", (data) => {
      if (got.push(data.toString()) === 1) bodyFor(client);
      if (!got.join("").endsWith("0\r\n\r\n")) return;
      client.end(who.startsWith("answers") ? "" : "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    });
  }).listen(socket);
  await once(server, "listening");
  await Engine.connect({ DOCKER_HOST: `unix://${socket}` }).unpack("x", "/", Buffer.from("the archive"));
  expect(got.join("")).toContain("\r\n\r\nb\r\nthe archive\r\n0\r\n\r\n");
});

test("an engine that dies in the middle of its answer is an error", async () => {
  const engine = await engineThat((_request, response) => {
    response.writeHead(200, { "Content-Length": 1000 });
    response.write('{"status":"Pulling"}\n', () => response.destroy());
  });
  expect((await failure(engine.pull("debian:trixie-slim"))).message).toBe(
    `cannot pull debian:trixie-slim: the connection to unix://${socket} broke`,
  );
});

test("an aborted signal ends events without an error", async () => {
  const stop = new AbortController();
  const engine = await engineThat((_request, response) => {
    response.writeHead(200);
    response.write('{"Type":"container","Action":"die","Actor":{"ID":"1","Attributes":{"name":"n","exitCode":"3"}},"timeNano":1000000}\n');
  });
  const seen: string[] = [];
  for await (const event of engine.events({ signal: stop.signal })) {
    seen.push(`${event.action} ${event.name} ${event.attributes.exitCode} ${event.time}`);
    stop.abort();
  }
  expect(seen).toEqual(["die n 3 1970-01-01T00:00:00.001Z"]);
});

test("filters carry labels and types as the engine expects them", async () => {
  const asked: string[] = [];
  const engine = await engineThat((request, response) => {
    asked.push(decodeURIComponent(request.url ?? ""));
    response.writeHead(200).end("[]");
  });
  await engine.containers({ labels: { "nitro.stack": "alice", "nitro.owner": "" }, all: true });
  const filters = '{"label":["nitro.stack=alice","nitro.owner"]}';
  expect(asked).toEqual([`/containers/json?all=true&filters=${filters}`, `/services?filters=${filters}`]);
});

test("a strange image name reaches the engine whole", async () => {
  const asked: string[] = [];
  const engine = await engineThat((request, response) => {
    asked.push(decodeURIComponent(request.url ?? ""));
    response.writeHead(404).end('{"message":"invalid reference format"}');
  });
  expect(await engine.imageExists("my/redis:7 ?x#y")).toBe(false);
  expect(asked).toEqual(["/images/my/redis:7 ?x#y/json"]);
});

test("an architecture that is not supported is named", async () => {
  const engine = await engineThat((_request, response) =>
    response.writeHead(200).end('{"ApiVersion":"1.41","Version":"20","Arch":"s390x","Os":"linux"}'),
  );
  expect((await failure(engine.ping())).message).toContain("runs on s390x: supported are amd64 and arm64");
});

/** A program called ssh, first on PATH. */
function fakeSsh(script: string): NodeJS.ProcessEnv {
  writeFileSync(join(folder, "ssh"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { DOCKER_HOST: "ssh://alice@build.example", PATH: `${folder}:${process.env.PATH}` };
}

/** Passes on to the engine's socket what ssh would. */
const pipe = `require("net").connect(process.argv[1]).on("connect", function () { process.stdin.pipe(this).pipe(process.stdout) })`;

test("an engine behind ssh is talked to through the ssh program, several calls at once", async () => {
  await engineThat((_request, response) => response.end('{"ApiVersion":"1.41","Version":"behind ssh","Arch":"arm64","Os":"linux"}'));
  const engine = Engine.connect(fakeSsh(`exec "${process.execPath}" -e '${pipe}' "${socket}"`));
  const answers = await Promise.all([engine.ping(), engine.ping()]);
  expect(answers.map(({ version, arch }) => [version, arch])).toEqual([
    ["behind ssh", "arm64"],
    ["behind ssh", "arm64"],
  ]);
});

test("few connections are made by ssh at a time: sshd refuses some of many that have not shown their key", async () => {
  await engineThat((_request, response) => response.end('{"ApiVersion":"1.41","Version":"26","Arch":"amd64","Os":"linux"}'));
  const count = `mkdir "${folder}/open.$$"; ls -d "${folder}"/open.* | wc -l >> "${folder}/counts"; sleep 0.1; rmdir "${folder}/open.$$"`;
  const engine = Engine.connect(fakeSsh(`${count}; exec "${process.execPath}" -e '${pipe}' "${socket}"`));
  await Promise.all(Array.from({ length: 12 }, () => engine.ping()));
  const counts = readFileSync(join(folder, "counts"), "utf8").trim().split("\n").map(Number);
  expect(Math.max(...counts)).toBeLessThanOrEqual(4);
});

test("one connection by ssh serves the calls that follow each other", async () => {
  await engineThat((_request, response) => response.end('{"ApiVersion":"1.41","Version":"26","Arch":"amd64","Os":"linux"}'));
  const engine = Engine.connect(fakeSsh(`echo >> "${folder}/starts"; exec "${process.execPath}" -e '${pipe}' "${socket}"`));
  for (let call = 0; call < 3; call++) await engine.ping();
  expect(readFileSync(join(folder, "starts"), "utf8")).toBe("\n");
});

test("what ssh complains of is in the error", async () => {
  const engine = Engine.connect(fakeSsh("echo 'Permission denied (publickey).' >&2; exit 255"));
  expect((await failure(engine.ping())).message).toBe(
    "no container engine answers at ssh://alice@build.example: ssh ended with exit code 255: Permission denied (publickey).",
  );
});

test("a machine without ssh is told so", async () => {
  const engine = Engine.connect({ DOCKER_HOST: "ssh://alice@build.example", PATH: folder });
  expect((await failure(engine.ping())).message).toContain("ssh cannot be started: spawn ssh ENOENT");
});

test("other programs are told the same engine, its certificates too", () => {
  expect(Engine.connect({ DOCKER_HOST: "tcp://h:2376", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/c" }).environment()).toEqual({
    DOCKER_HOST: "tcp://h:2376",
    DOCKER_CERT_PATH: "/c",
    DOCKER_TLS_VERIFY: "1",
  });
});
