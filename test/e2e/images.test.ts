import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ContainerSpec, Engine } from "../../docker/engine.ts";
import { ensureImages, type ImageRefs, imageRefs } from "../../images/build.ts";
import { buildImage } from "../../images/builder.ts";
import { ownImages, type StackImageRole, stackImageRoles } from "../../images/inputs.ts";
import { readPins } from "../../images/pins.ts";
import { locked } from "./locked.ts";

const label = "nitro.test.images";
const engine = Engine.connect();
const pins = readPins();
/** As every container of a stack runs. */
const ours = locked(label);
const tmp = { "/tmp": "rw,nosuid,nodev,mode=1777,size=256m" };
let refs: ImageRefs;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "nitro-images-"));
  refs = imageRefs((await engine.ping()).arch);
  await ensureImages(engine, refs, { onProgress: ({ image, step }) => console.log(image, step) });
});

afterAll(async () => {
  for (const { id } of await engine.containers({ labels: { [label]: "1" }, all: true })) await engine.removeContainer(id, { force: true });
  rmSync(folder, { recursive: true, force: true });
});

async function start(spec: ContainerSpec): Promise<string> {
  const id = await engine.create(`nitro-test-${randomBytes(6).toString("hex")}`, { ...ours, ...spec });
  await engine.start(id);
  return id;
}

/** Runs a container to its end. */
async function run(spec: ContainerSpec): Promise<{ exitCode: number; output: string }> {
  const id = await start(spec);
  const exitCode = await engine.wait(id);
  const lines: string[] = [];
  for await (const { line } of engine.logs(id)) lines.push(line);
  return { exitCode, output: lines.join("\n") };
}

/** Asks until an answer comes; an exited container ends it with its log. */
async function until<T>(id: string, ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    const details = await engine.inspect(id);
    if (details?.running !== true) {
      const lines: string[] = [];
      for await (const { line } of engine.logs(id)) lines.push(line);
      throw new Error(`exited with ${details?.exitCode}\n${lines.join("\n")}`);
    }
    await sleep(50);
  }
}

test("what is there is not built again", async () => {
  expect(await ensureImages(engine, refs)).toEqual([]);
});

test.each(stackImageRoles)("the %s image carries its label and no variable about certificates or proxies", async (role: StackImageRole) => {
  const image = await engine.images.inspect(refs[role]);
  expect(image?.labels["nitro.image"]).toBe(role);
  expect(image?.env.join("\n")).not.toMatch(/\bSSL_CERT|CA_BUNDLE|PIP_CERT|CA_CERTS|proxy/i);
});

test("base runs the executable that it was told, and no other", async () => {
  const program = '#!/bin/sh\necho "ran as $(id -u) in $(pwd) with $*"; ls -ld payment-test/secrets\n';
  const sha256 = createHash("sha256").update(program).digest("hex");
  const changed = "0".repeat(64);
  for (const hash of [sha256, changed]) {
    mkdirSync(join(folder, "bin", hash), { recursive: true });
    writeFileSync(join(folder, "bin", hash, "payments"), program, { mode: 0o555 });
  }
  const base = { image: refs.base, binds: [`${folder}/bin:/nitro/bin:ro`] };
  const good = await run({ ...base, command: [sha256, "serve", "a b"] });
  expect(good.output).toMatch(/^ran as 1000 in \/payments with serve a b\ndrwxr-xr-x .* nitro nitro .* payment-test\/secrets$/);
  expect(good.exitCode).toBe(0);
  const bad = await run({ ...base, command: [changed, "serve"] });
  expect(bad).toMatchObject({ exitCode: 1 });
  expect(bad.output).toContain(`was changed after it was staged: its SHA-256 is ${sha256}`);
  expect((await run({ ...base, command: ["1".repeat(64)] })).output).toMatch(/is not there: .* run \.\/nitro up/);
  expect((await run({ ...base, command: ["../../etc"] })).output).toContain('"../../etc" is not a SHA-256');
});

test("redis answers with a password, keeps its data in /data", async () => {
  const script =
    'printf "requirepass %s\\n" "$REDIS_PASSWORD" | exec redis-server - --port 6380 --dir /data --appendonly yes --appendfsync always';
  const id = await start({
    image: refs.redis,
    command: ["sh", "-c", script],
    env: { REDIS_PASSWORD: "secret", REDISCLI_AUTH: "secret" },
    tmpfs: { ...tmp, "/data": "mode=0755,uid=1000,gid=1000" },
    memory: 256 << 20,
  });
  const cli = async (...args: string[]) => (await engine.exec(id, ["redis-cli", "-p", "6380", ...args])).stdout.trim();
  await until(id, async () => ((await cli("ping")) === "PONG" ? true : undefined));
  expect(await cli("info", "server")).toMatch(new RegExp(`^redis_version:${pins.redis.major}\\.`, "m"));
  expect(await cli("set", "a", "1")).toBe("OK");
  expect((await engine.exec(id, ["redis-cli", "-p", "6380", "ping"], { env: { REDISCLI_AUTH: "" } })).stdout).toContain("NOAUTH");
  expect((await engine.exec(id, ["ls", "/data/appendonlydir"])).exitCode).toBe(0);
});

test("localstack answers S3 by the bucket's host name and STS, in little memory", async () => {
  const id = await start({
    image: refs.localstack,
    env: { SERVICES: "s3,sts,iam", DISABLE_EVENTS: "1", SKIP_SSL_CERT_DOWNLOAD: "1", EAGER_SERVICE_LOADING: "1" },
    tmpfs: { ...tmp, "/var/lib/localstack": "rw,nosuid,nodev,mode=1777,size=512m" },
    memory: 1024 << 20,
    publish: [4566],
  });
  const port = (await engine.inspect(id))?.ports[0]?.hostPort;
  const url = `http://127.0.0.1:${port}`;
  const health = await until(
    id,
    async () => (await (await fetch(`${url}/_localstack/health`)).json()) as { services: Record<string, string> },
  );
  expect(health.services).toMatchObject({ s3: "running", sts: "running", iam: "running", sqs: "disabled" });

  // Any name leads to this machine; the SDK, as every AWS SDK, puts the bucket into the host name.
  const agent = new Agent({ lookup: (_name, _options, found) => found(null, [{ address: "127.0.0.1", family: 4 }]) });
  const client = { region: "us-west-2", credentials: { accessKeyId: "A".repeat(20), secretAccessKey: "s" } };
  const s3 = new S3Client({ ...client, endpoint: `http://s3.localstack:${port}`, requestHandler: { httpAgent: agent } });
  await engine.exec(id, ["curl", "-fsS", "-X", "PUT", "http://127.0.0.1:4566/shares"]);
  await s3.send(new PutObjectCommand({ Bucket: "shares", Key: "abc2/operator-share_one", Body: "share" }));
  const listed = await s3.send(new ListObjectsV2Command({ Bucket: "shares", Prefix: "abc2/" }));
  expect(listed.Contents?.map(({ Key }) => Key)).toEqual(["abc2/operator-share_one"]);
  const object = await s3.send(new GetObjectCommand({ Bucket: "shares", Key: "abc2/operator-share_one" }));
  expect(await object.Body?.transformToString()).toBe("share");
  const sts = new STSClient({ ...client, endpoint: url });
  const role = { RoleArn: "arn:aws:iam::000000000000:role/nitro-alice-qldb", RoleSessionName: "test" };
  expect((await sts.send(new AssumeRoleCommand(role))).Credentials?.AccessKeyId).toBeTruthy();
  agent.destroy();

  const { memory } = await engine.stats(id);
  console.log(`localstack uses ${(memory / 2 ** 20).toFixed(0)} MiB`);
  expect(memory).toBeLessThan(250 * 2 ** 20);
  const written: string[] = [];
  for await (const { line } of engine.logs(id)) written.push(line);
  expect(written.join("\n")).not.toMatch(/ERROR|Permission denied|Read-only/);
});

test("node is the pinned one, its folders belong to the user", async () => {
  const script = "node --version; stat -c '%n %U %a' /data /keys /public; ls /app; command -v curl";
  const { output } = await run({ image: refs.node, command: ["sh", "-c", script], tmpfs: tmp });
  expect(output.split("\n")).toEqual([
    `v${pins.node.version}`,
    "/data nitro 755",
    "/keys nitro 700",
    "/public nitro 755",
    "key-feeder.mjs",
    "ledger.mjs",
    "parts",
    "tunnel.mjs",
    "/usr/bin/curl",
  ]);
});

test("the key-feeder's bundle starts and says what it misses", async () => {
  const { exitCode, output } = await run({ image: refs.node, command: ["node", "/app/key-feeder.mjs"], tmpfs: tmp });
  expect(exitCode).not.toBe(0);
  expect(output).toContain("NITRO_STACK is not set");
});

test("the ledger's bundle starts and answers", async () => {
  const id = await start({
    image: refs.node,
    command: ["node", "/app/ledger.mjs"],
    env: {
      LEDGER_NAME: "nitro-test",
      LEDGER_DIR: "/data",
      LEDGER_HOST: "127.0.0.1",
      LEDGER_PORT: "8080",
      LEDGER_REGION: "us-west-2",
      LEDGER_ACCOUNT: "000000000000",
    },
    tmpfs: { ...tmp, "/data": "mode=0755,uid=1000,gid=1000" },
  });
  const answer = await until(id, async () => {
    const { exitCode, stdout } = await engine.exec(id, ["curl", "-fsS", "http://127.0.0.1:8080/healthz"]);
    return exitCode === 0 ? stdout : undefined;
  });
  expect(JSON.parse(answer)).toEqual({ status: "ready" });
});

test("the host's certificates help the build and stay out of the image", async () => {
  const marker = `nitro-test-${randomBytes(16).toString("hex")}`;
  const bundle = join(folder, "company.pem");
  writeFileSync(bundle, `${marker}\n`);
  const { arch } = await engine.ping();
  const tag = `localhost/nitro/test:${marker}`;
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: bundle };
  // A line of text between certificates is allowed in a bundle, and easy to look for.
  const workshop = { engine, pins, arch, own: ownImages(arch, pins), env, onProgress: () => undefined };
  try {
    await buildImage(workshop, "localstack", tag);
    expect((await engine.images.history(tag)).join("\n")).not.toMatch(/ca\.crt|PIP_CERT/);
    const id = await engine.create(marker, { image: tag, labels: { [label]: "1" } });
    expect(await contains(await engine.export(id), marker)).toBe(false);
    expect(await contains(await engine.export(id), "localstack.runtime.main")).toBe(true);
    await engine.removeContainer(id);
  } finally {
    await engine.images.remove(tag, { force: true });
  }
});

async function contains(stream: AsyncIterable<Buffer>, text: string): Promise<boolean> {
  let found = false;
  let tail = Buffer.alloc(0);
  for await (const chunk of stream) {
    const bytes = Buffer.concat([tail, chunk]);
    found ||= bytes.includes(text);
    tail = bytes.subarray(Math.max(0, bytes.length - text.length));
  }
  return found;
}
