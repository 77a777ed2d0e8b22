import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EngineError } from "../../docker/error.ts";
import { parseHost, resolveHost } from "../../docker/host.ts";
import { sshArguments } from "../../docker/ssh.ts";

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "nitro-host-"));
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

function writeContext(name: string, endpoint: object, tlsFiles: readonly string[] = []): void {
  const id = createHash("sha256").update(name).digest("hex");
  const meta = join(home, ".docker/contexts/meta", id);
  mkdirSync(meta, { recursive: true });
  writeFileSync(join(meta, "meta.json"), JSON.stringify({ Name: name, Endpoints: { docker: endpoint } }));
  const tls = join(home, ".docker/contexts/tls", id, "docker");
  if (tlsFiles.length > 0) mkdirSync(tls, { recursive: true });
  for (const file of tlsFiles) writeFileSync(join(tls, file), file);
}

test("DOCKER_HOST comes before any context", () => {
  writeContext("remote", { Host: "tcp://10.0.0.1:2376" });
  const found = resolveHost({ HOME: home, DOCKER_HOST: "unix:///somewhere/docker.sock", DOCKER_CONTEXT: "remote" });
  expect(found).toEqual({ host: "unix:///somewhere/docker.sock", address: { socketPath: "/somewhere/docker.sock" } });
});

test("DOCKER_CONTEXT names a context, with its TLS material", () => {
  writeContext("remote", { Host: "tcp://10.0.0.1:2376" }, ["ca.pem", "cert.pem", "key.pem"]);
  const found = resolveHost({ HOME: home, DOCKER_CONTEXT: "remote" });
  expect(found.address).toEqual({ hostname: "10.0.0.1", port: 2376 });
  expect(found.tls?.verify).toBe(true);
  expect(found.tls?.folder).toMatch(/contexts\/tls\/[0-9a-f]{64}\/docker$/);
});

test("a context may leave the server unverified", () => {
  writeContext("lab", { Host: "tcp://10.0.0.1:2376", SkipTLSVerify: true }, ["cert.pem"]);
  expect(resolveHost({ HOME: home, DOCKER_CONTEXT: "lab" }).tls?.verify).toBe(false);
});

test("the current context of docker's configuration is used, default means the socket", () => {
  writeContext("colima", { Host: `unix://${home}/.colima/docker.sock` });
  writeFileSync(join(home, ".docker/config.json"), JSON.stringify({ currentContext: "colima" }));
  expect(resolveHost({ HOME: home }).host).toBe(`unix://${home}/.colima/docker.sock`);
  expect(resolveHost({ HOME: home, DOCKER_CONTEXT: "default" }).host).not.toContain("colima");
});

test("DOCKER_CONFIG moves the configuration", () => {
  writeContext("there", { Host: "tcp://10.0.0.2:2375" });
  expect(resolveHost({ HOME: "/nowhere", DOCKER_CONFIG: join(home, ".docker"), DOCKER_CONTEXT: "there" }).host).toBe("tcp://10.0.0.2:2375");
});

test("a context that is not there is named", () => {
  expect(() => resolveHost({ HOME: home, DOCKER_CONTEXT: "gone" })).toThrow(/docker context "gone" has no endpoint/);
});

test("a broken configuration file is named", () => {
  mkdirSync(join(home, ".docker"));
  writeFileSync(join(home, ".docker/config.json"), "{");
  expect(() => resolveHost({ HOME: home })).toThrow(join(home, ".docker/config.json"));
});

test("DOCKER_TLS_VERIFY takes certificates from DOCKER_CERT_PATH, else from docker's folder", () => {
  const env = { HOME: home, DOCKER_HOST: "tcp://10.0.0.1", DOCKER_TLS_VERIFY: "1" };
  expect(resolveHost(env)).toMatchObject({ address: { port: 2376 }, tls: { folder: join(home, ".docker"), verify: true } });
  expect(resolveHost({ ...env, DOCKER_CERT_PATH: "/certs" }).tls?.folder).toBe("/certs");
});

async function listen(socket: string): Promise<Server> {
  mkdirSync(dirname(socket), { recursive: true });
  const server = createServer().listen(socket);
  await new Promise((resolve) => server.once("listening", resolve));
  return server;
}

test("without anything said, the first default socket that is there is used", async () => {
  const usual = join(home, "run/docker.sock");
  const env = { HOME: home, XDG_RUNTIME_DIR: join(home, "xdg") };
  const servers: Server[] = [];
  try {
    for (const socket of [join(home, "xdg/docker.sock"), join(home, ".docker/run/docker.sock"), usual]) {
      servers.push(await listen(socket));
      expect(resolveHost(env, usual).host).toBe(`unix://${socket}`);
    }
  } finally {
    for (const server of servers) server.close();
  }
});

test("where no socket is there, the error will be about the usual one", () => {
  expect(resolveHost({ HOME: home }, join(home, "run/docker.sock")).host).toBe(`unix://${home}/run/docker.sock`);
});

test.each([
  ["tcp://localhost", { hostname: "localhost", port: 2375 }],
  ["tcp://[::1]:9999", { hostname: "::1", port: 9999 }],
  ["unix:///x y/z.sock", { socketPath: "/x y/z.sock" }],
])("%s is understood", (text, address) => {
  expect(parseHost(text, "DOCKER_HOST").address).toEqual(address);
});

test.each(["http://localhost", "localhost:2375", "unix://", "tcp://", "npipe:////./pipe/docker", ""])("%j is refused", (text) => {
  expect(() => parseHost(text, "DOCKER_HOST")).toThrow(EngineError);
  expect(() => parseHost(text, "DOCKER_HOST")).toThrow(`DOCKER_HOST is "${text}": allowed are unix:///path`);
});

test("ssh goes to the user's own ssh, which may ask nothing", () => {
  const args = sshArguments(new URL("ssh://alice@build.example:2222"));
  expect(args.join(" ")).toBe("-T -o BatchMode=yes -o ConnectTimeout=30 -l alice -p 2222 -- build.example docker system dial-stdio");
});

test("a host name that looks like an option stays a host name", () => {
  const args = sshArguments(new URL("ssh://-oProxyCommand=x"));
  expect(args[args.indexOf("--") + 1]).toBe("-oProxyCommand=x");
});
