import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Engine, EngineError } from "../../docker/engine.ts";

// An engine behind TLS that wants a certificate of its clients, as docker's documentation sets one up.

let folder: string;
let server: Server;
let host: string;

function openssl(...args: string[]): void {
  execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "nitro-tls-"));
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  openssl("req", "-x509", ...key, "-keyout", "ca-key.pem", "-out", "ca.pem", "-subj", "/CN=test authority");
  for (const name of ["server", "cert"]) {
    const san = ["-addext", "subjectAltName=IP:127.0.0.1"];
    openssl(
      "req",
      "-x509",
      ...key,
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca-key.pem",
      ...san,
      "-keyout",
      `${name}-key.pem`,
      "-out",
      `${name}.pem`,
      "-subj",
      `/CN=${name}`,
    );
  }
  openssl("pkey", "-in", "cert-key.pem", "-out", "key.pem");
  const read = (name: string) => readFileSync(join(folder, name));
  const tls = { ca: read("ca.pem"), cert: read("server.pem"), key: read("server-key.pem"), requestCert: true, rejectUnauthorized: true };
  server = createServer(tls, (request, response) => {
    const client = (request.socket as TLSSocket).getPeerCertificate().subject.CN;
    response.end(JSON.stringify({ ApiVersion: "1.41", Version: String(client), Arch: "amd64", Os: "linux" }));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  host = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

test("the client shows its certificate and checks the engine's", async () => {
  const engine = Engine.connect({ DOCKER_HOST: host, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: folder });
  expect((await engine.ping()).version).toBe("cert");
});

test("an engine that somebody else vouches for is not talked to", async () => {
  const engine = Engine.connect({ DOCKER_HOST: host, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/nowhere" });
  const error = await engine.ping().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(EngineError);
  expect((error as EngineError).message).toMatch(/no container engine answers at tcp:.*certificate/);
});
