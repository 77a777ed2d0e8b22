import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { Agent } from "node:https";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { GetObjectCommand, ListBucketsCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { QldbDriver } from "amazon-qldb-driver-nodejs";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Engine } from "../../docker/engine.ts";
import { roles, stackNames } from "../../model/names.ts";
import type { StackOutputs } from "../../model/outputs.ts";
import { operatorEnvironment, redisClient, stackOutputs, waitFor } from "../../testing/index.ts";
import { engineResources, nitro, nitroJson, root, run, tryNitro } from "./nitro.ts";

// Programs that insist on TLS, against a stack as it is and one with redis.tls.

const stack = "e2e-tls";
const names = stackNames(stack);
const engine = Engine.connect();
let outputs: StackOutputs;

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  await nitro("up", "-s", stack);
  outputs = await stackOutputs(stack);
});

afterAll(async () => {
  await nitro("down", "-s", stack, "--yes");
});

const ca = () => outputs.caCertificate ?? "";
const port = (url: string | undefined) => Number(new URL(url ?? "").port);

/** The certificate that a server shows to one who trusts the stack's authority and asks by that name. */
async function shown(to: number, servername: string, host = "127.0.0.1"): Promise<string> {
  const socket = connectTls({ port: to, host, ca: ca(), servername });
  try {
    await once(socket, "secureConnect");
    return socket.getPeerX509Certificate()?.toString() ?? "";
  } finally {
    socket.destroy();
  }
}

async function applied(key: string, value: string): Promise<string[]> {
  const env = await nitroJson<NodeJS.ProcessEnv>("env");
  const { code, stderr } = await run("pulumi", ["config", "set", "-s", stack, "--path", key, value], { env });
  if (code !== 0) throw new Error(stderr);
  const { containers: before } = await engineResources(stack);
  await nitro("up", "-s", stack);
  outputs = await stackOutputs(stack);
  const { containers: after } = await engineResources(stack);
  return roles.filter((role) => after[role] !== before[role]);
}

/** Runs test/e2e/over-tls.go with the operators' environment. */
async function inGo(): Promise<Record<string, string>> {
  const env = {
    ...(await operatorEnvironment(stack)),
    AWS_ENDPOINT_URL_QLDB_SESSION: outputs.ledgerHttpsEndpoint,
    LEDGER: outputs.ledgerName,
  };
  const { code, stdout, stderr } = await run("go", ["run", join(root, "test/e2e/over-tls.go")], { cwd: join(root, "sample"), env });
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

test("S3 and the ledger answer by https at the ports of http, for 127.0.0.1, localhost and their names on the network", async () => {
  const { localstackUrl, localstackHttpsUrl, ledgerEndpoint, ledgerHttpsEndpoint } = outputs;
  expect([localstackHttpsUrl, ledgerHttpsEndpoint]).toEqual([localstackUrl, ledgerEndpoint].map((url) => url?.replace("http:", "https:")));
  const certificate = await shown(port(localstackHttpsUrl), "localhost");
  expect(await shown(port(ledgerHttpsEndpoint), "ledger")).toBe(certificate);
  for (const name of ["localstack", "s3.localstack", `${outputs.buckets.config}.s3.localhost`, names.containers.localstack])
    expect(await shown(port(localstackHttpsUrl), name)).toBe(certificate);
  await expect(shown(port(localstackHttpsUrl), "elsewhere")).rejects.toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  const httpsAgent = new Agent({ ca: ca() });
  const client = { region: "us-west-2", credentials: { accessKeyId: "any", secretAccessKey: "any" }, requestHandler: { httpsAgent } };
  for (const host of ["127.0.0.1", "localhost"]) {
    const s3 = new S3Client({ ...client, endpoint: localstackHttpsUrl?.replace("127.0.0.1", host) ?? "", forcePathStyle: true });
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
    expect(Buckets.map(({ Name }) => Name)).toContain(outputs.buckets.config);
    const place = { Bucket: outputs.buckets.config, Key: "over-tls" };
    await s3.send(new PutObjectCommand({ ...place, Body: "x".repeat(1 << 20) }));
    expect((await (await s3.send(new GetObjectCommand(place))).Body?.transformToString())?.length).toBe(1 << 20);
  }
  // Of the containers' own network, by a program that knows nothing but the file beside the operators' keys.
  const inside = await engine.exec(names.containers.service, [
    ...["curl", "-fsS", "--cacert", "payment-test/secrets/ca.pem"],
    ...["https://s3.localstack:4566/_localstack/health", "https://ledger:8080/healthz"],
  ]);
  expect(inside).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('{"status":"ready"}') });
});

test("the official Node driver, with an https Agent", async () => {
  const client = {
    endpoint: outputs.ledgerHttpsEndpoint ?? "",
    region: "us-west-2",
    credentials: { accessKeyId: "any", secretAccessKey: "any" },
  };
  const driver = new QldbDriver(outputs.ledgerName, client, { httpsAgent: new Agent({ ca: ca(), keepAlive: true }) });
  expect(await driver.getTableNames()).toEqual(expect.arrayContaining(["transactions", "authorizations"]));
  driver.close();
  const untrusting = new QldbDriver(outputs.ledgerName, client, { httpsAgent: new Agent() });
  await expect(untrusting.getTableNames()).rejects.toThrow("certificate");
  untrusting.close();
});

test("redis.tls: Redis speaks TLS alone; Go's and Node's clients, the worker, a payout and a restart go on by it", async () => {
  expect(await applied("nitro:redis.tls", "true")).toEqual(["service", "redis", "key-feeder", "worker"]);
  expect(outputs.redisUrl).toMatch(/^rediss:\/\/default:[A-Za-z0-9]{32}@127\.0\.0\.1:\d+$/);
  const redis = redisClient(outputs);
  expect(await redis.ping()).toBe("PONG");
  redis.disconnect();
  const plain = new Redis(outputs.redisUrl.replace("rediss:", "redis:"), { retryStrategy: () => null, lazyConnect: true });
  plain.on("error", () => undefined);
  await expect(plain.connect()).rejects.toThrow();
  const untrusting = new Redis(outputs.redisUrl, { retryStrategy: () => null, lazyConnect: true });
  const untrusted = once(untrusting, "error");
  await expect(untrusting.connect()).rejects.toThrow();
  expect(await untrusted).toMatchObject([{ code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" }]);
  expect(await inGo()).toEqual({
    ...{ buffer: "of a buffer", stream: "of a stream", account: "000000000000" },
    ...{ redis: "of go-redis", ledger: expect.stringContaining("transactions") },
  });
  await nitro("pay", "-s", stack, "--count", "3");
  expect(await nitro("up", "-s", stack)).toContain("nothing to change");
  await nitro("restart", "-s", stack, "redis");
  await nitro("pay", "-s", stack);
  expect((await tryNitro("status", "-s", stack)).code).toBe(0);
});

test("a swap, an update and a restarted key-feeder keep the certificate; one that is gone comes back, and no container with it", async () => {
  const addresses = [outputs.localstackHttpsUrl, outputs.ledgerHttpsEndpoint, outputs.redisUrl].map(port);
  const all = async () => new Set(await Promise.all(addresses.map((each) => shown(each, "localhost"))));
  const before = await all();
  expect(before.size).toBe(1);
  const authority = new X509Certificate(ca());
  await nitro("swap", "-s", stack);
  await engine.restart(names.containers["key-feeder"], { graceSeconds: 1 });
  await nitro("up", "-s", stack);
  expect(await all()).toEqual(before);
  expect((await stackOutputs(stack)).caCertificate).toBe(ca());

  const { containers } = await engineResources(stack);
  await engine.exec(names.containers["key-feeder"], ["rm", "/tls/server.pem"]);
  await engine.restart(names.containers["key-feeder"], { graceSeconds: 1 });
  const renewed = await waitFor(async () => ([...(await all())].some((each) => before.has(each)) ? undefined : all()), {
    what: "all show another one",
  });
  expect(renewed.size).toBe(1);
  for (const each of renewed) expect(new X509Certificate(each).verify(authority.publicKey)).toBe(true);
  expect((await engineResources(stack)).containers).toEqual(containers);
  await nitro("pay", "-s", stack);
});

test("without redis.tls again Redis speaks plain TCP", async () => {
  expect(await applied("nitro:redis.tls", "false")).toEqual(["service", "redis", "key-feeder", "worker"]);
  expect(outputs.redisUrl).toMatch(/^redis:/);
  await nitro("pay", "-s", stack);
});

test("nobody but the key-feeder has the authority's key, nor the executable the servers'", async () => {
  const find = "find / -path /proc -prune -o -name authority.pem -print -o -name server.pem -print 2>/dev/null";
  const found = async (role: (typeof roles)[number]) =>
    (await engine.exec(names.containers[role], ["sh", "-c", find])).stdout.trim().split("\n").sort();
  expect(await found("key-feeder")).toEqual(["/keys/authority.pem", "/tls/server.pem"]);
  for (const role of ["service", "worker", "redis"] as const) expect(await found(role), role).toEqual([""]);
  for (const role of ["localstack", "ledger"] as const) expect(await found(role), role).toEqual(["/tls/server.pem"]);
  const key = (await engine.exec(names.containers["key-feeder"], ["sed", "-n", "2p", "/keys/authority.pem"])).stdout.trim();
  expect(key).toMatch(/^[A-Za-z0-9+/]{64}$/);
  const state = await run("pulumi", ["stack", "export", "-s", stack, "--show-secrets"], { env: await nitroJson<NodeJS.ProcessEnv>("env") });
  expect(state.stdout).toContain("BEGIN CERTIFICATE");
  expect(state.stdout).not.toContain(key);
});
