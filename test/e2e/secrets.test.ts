import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { Engine } from "../../docker/engine.ts";
import { type Role, roles, stackNames } from "../../model/names.ts";
import { stackOutputs } from "../../testing/outputs.ts";
import { buildSample } from "./build-sample.ts";
import { engineResources, nitro, nitroJson, run } from "./nitro.ts";

// Who sees a stack's secrets, and what a stack may take of the machine.

const stack = "e2e-secrets";
const names = stackNames(stack);
const engine = Engine.connect();
const scratch = mkdtempSync(join(tmpdir(), "nitro-secrets-e2e-"));
/** With what a shell or an environment file could stumble over. */
const own = `it's $HOME "${randomBytes(8).toString("hex")}"`;

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  await nitro("up", "-s", stack);
});

afterAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  rmSync(scratch, { recursive: true, force: true });
});

async function config(...args: string[]): Promise<void> {
  const env = JSON.parse(await nitro("env", "--json")) as NodeJS.ProcessEnv;
  const { code, stderr } = await run("pulumi", ["config", ...args, "-s", stack, "--path"], { env });
  if (code !== 0) throw new Error(stderr);
}

async function secretsFile(): Promise<string> {
  return (await engine.exec(names.containers["key-feeder"], ["cat", "/keys/.secrets"])).stdout;
}

/** @returns what `docker inspect` says, by role */
async function inspected(format: string): Promise<Record<Role, string>> {
  const all = roles.map(
    async (role) => [role, (await run("docker", ["inspect", "-f", format, names.containers[role]])).stdout.trim()] as const,
  );
  return Object.fromEntries(await Promise.all(all)) as Record<Role, string>;
}

test("docker inspect shows no secret but the two that the program under test can take by its environment alone", async () => {
  const before = await engineResources(stack);
  const file = join(scratch, "secrets.json");
  writeFileSync(file, JSON.stringify({ zebpayApiKey: own }));
  await nitro("up", "-s", stack, "--secrets", file);
  const { containers } = await engineResources(stack);
  const replaced = roles.filter((role) => containers[role] !== before.containers[role]);
  expect(replaced).toContain("key-feeder");
  expect(replaced).not.toContain("redis");
  expect(replaced).not.toContain("ledger");

  const { redisUrl } = await stackOutputs(stack);
  const aws = (await engine.inspect(names.containers.service))?.env.AWS_SECRET_ACCESS_KEY ?? "";
  const secrets = { aws, redis: decodeURIComponent(new URL(redisUrl).password), own, ownInJson: JSON.stringify(own).slice(1, -1) };
  for (const secret of Object.values(secrets)) expect(secret.length).toBeGreaterThan(16);
  const seen = Object.entries(await inspected("{{json .}}")).map(([role, text]) => [
    role,
    Object.entries(secrets).flatMap(([name, secret]) => (text.includes(secret) ? [name] : [])),
  ]);
  expect(Object.fromEntries(seen)).toEqual({
    service: ["aws"],
    worker: ["redis"],
    redis: [],
    localstack: [],
    ledger: [],
    "key-feeder": [],
  });

  expect(await secretsFile()).toContain(JSON.stringify(own).replaceAll("'", "\\u0027"));
  expect(await nitroJson<StackStatus>("status", "-s", stack)).toMatchObject({ healthy: true, sealed: false, shares: 2 });
});

test("a setting that is gone takes its secrets with it", async () => {
  await config("rm", "nitro:secrets.file");
  await nitro("up", "-s", stack);
  expect(await secretsFile()).toMatch(/^AWS_SECRET_ACCESS_KEY='\w{40}'\nREDIS_PASS='\w{32}'\n$/);
});

test("every container's processes are limited, after a swap and a restart too", async () => {
  const limits = Object.fromEntries(roles.map((role) => [role, "512"]));
  expect(await inspected("{{.HostConfig.PidsLimit}}")).toEqual(limits);
  await nitro("swap", "-s", stack, "--binary", await buildSample(join(scratch, "next"), "next"));
  for (const role of ["redis", "ledger", "key-feeder"] as const) await engine.restart(names.containers[role]);
  expect(await inspected("{{.HostConfig.PidsLimit}}")).toEqual(limits);
  await nitro("pay", "-s", stack, "--count", "1");
});

/** As a browser asks once a name of the page's owner leads to this machine. */
async function ask(port: number, path: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  const asked = request({ host: "127.0.0.1", port, path, headers }, (response) =>
    text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject),
  );
  asked.on("error", reject).end();
  return promise;
}

test("no web page reads the shares of the stack's secrets from LocalStack: its Host or its Origin gives it away", async () => {
  const { localstack } = (await stackOutputs(stack)).ports;
  const shares = `/${names.buckets.shares}`;
  for (const host of ["127.0.0.1", `localhost:${localstack}`, "a.localhost", "[::1]", "s3.localstack:4566"]) {
    expect(await ask(localstack, shares, { host })).toMatchObject({ status: 200, body: expect.stringContaining("<Key>") });
  }
  const bucketHost = `${names.buckets.shares}.s3.localstack:4566`;
  expect(await ask(localstack, "/", { host: bucketHost })).toMatchObject({ status: 200, body: expect.stringContaining("<Key>") });
  for (const path of [shares, "/_localstack/health", "/"]) {
    for (const host of ["evil.example", `evil.example:${localstack}`, "127.0.0.1.evil.example", "evil.localhost.localstack.cloud"]) {
      const body = `host "${host}" is not one of this server's: use 127.0.0.1 or localhost\n`;
      expect(await ask(localstack, path, { host })).toEqual({ status: 403, body });
    }
    for (const origin of ["https://evil.example", "https://app.localstack.cloud", "null"]) {
      const body = "requests of web pages are refused (header Origin)\n";
      expect(await ask(localstack, path, { host: "127.0.0.1", origin })).toEqual({ status: 403, body });
    }
  }
});
