import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { CreateBucketCommand, HeadObjectCommand, ListBucketsCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { withDataLock } from "../../data/snapshots.ts";
import { Engine } from "../../docker/engine.ts";
import { prepareConfigStream, submitConfigStream } from "../../key-feeder/contract.ts";
import { labels, stackNames } from "../../model/names.ts";
import type { StackOutputs } from "../../model/outputs.ts";
import { infoGroups } from "../../operators/payouts/groups.ts";
import { redisClient, s3Client } from "../../testing/clients.ts";
import { stackOutputs } from "../../testing/outputs.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { ledgerClient, statesOf } from "./ledger-states.ts";
import { nitro, nitroJson, root, tryNitro } from "./nitro.ts";
import { countPaid, expectPaidOnce, orderPayout, waitUntilPaid } from "./paid-once.ts";

const stack = "e2e-data";
let outputs: StackOutputs;
let redis: ReturnType<typeof redisClient>;
let s3: ReturnType<typeof s3Client>;
let ledger: ReturnType<typeof ledgerClient>;

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  await nitro("up", "-s", stack);
  outputs = await stackOutputs(stack);
  redis = redisClient(outputs);
  s3 = s3Client(outputs);
  ledger = ledgerClient(outputs);
});

afterAll(async () => {
  redis?.disconnect();
  s3?.destroy();
  await nitro("down", "-s", stack, "--yes");
});

const status = () => nitroJson<StackStatus>("status", "-s", stack);
const documents = async () => JSON.parse(await nitro("ledger", "query", "SELECT COUNT(*) FROM transactions", "-s", stack, "--json"))[0]._1;

/** When the processes of all parts were started. */
async function starts(): Promise<Record<string, string | undefined>> {
  return Object.fromEntries((await status()).parts.map(({ role, startedAt }) => [role, startedAt]));
}

async function pay(count: number): Promise<string[]> {
  const { payments } = await nitroJson<{ payments: { state: string }[] }>("pay", "-s", stack, "--count", String(count));
  return payments.map(({ state }) => state);
}

async function keys(bucket: string): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.flatMap(({ Key }) => Key ?? []);
}

test("reset empties everything while a payout runs, and nothing is restarted; a payout of the same name is paid at once", async () => {
  await orderPayout(redis, "again", 3);
  await waitUntilPaid(redis, "again", 3);
  await orderPayout(redis, "blocked", 200, "nobody");
  await waitFor(async () => (await redis.keys("retry-after-*")).length > 0, { what: "the worker is at it", timeoutMs: 60_000 });
  await orderPayout(redis, "queued", 5);
  await s3.send(new CreateBucketCommand({ Bucket: "of-a-test", CreateBucketConfiguration: { LocationConstraint: "us-west-2" } }));
  await s3.send(new PutObjectCommand({ Bucket: "of-a-test", Key: "a", Body: "1" }));
  await s3.send(new PutObjectCommand({ Bucket: outputs.buckets.config, Key: "b", Body: "2" }));
  const before = await starts();
  const fed = [await keys(outputs.buckets.config), await keys(outputs.buckets.shares)].flat().filter((key) => key !== "b");
  expect(fed).toHaveLength(3);

  const report = await nitroJson<Record<string, unknown>>("reset", "-s", stack);
  expect(report).toMatchObject({
    ledger: { tables: 4, documents: 3 },
    localstack: { objects: 2, buckets: 1 },
    cancelled: ["blocked", "queued"],
  });
  expect((await redis.keys("*")).sort()).toEqual([prepareConfigStream, submitConfigStream]);
  for (const stream of [prepareConfigStream, submitConfigStream]) {
    expect(await redis.xlen(stream)).toBe(0);
    expect([...(await infoGroups(redis, stream)).keys()]).toEqual([`${stream}-wg`]);
  }
  expect(await documents()).toBe(0);
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  expect(Buckets.map(({ Name }) => Name).sort()).toEqual(Object.values(outputs.buckets).sort());
  expect([await keys(outputs.buckets.config), await keys(outputs.buckets.shares)].flat()).toEqual(fed);

  await orderPayout(redis, "again", 3);
  await waitUntilPaid(redis, "again", 3);
  expect(await documents()).toBe(3);
  expect(await starts()).toEqual(before);
  expect(await status()).toMatchObject({ healthy: true, sealed: false });
});

test("one part alone: of the ledger's payouts none is left that cannot go on, the others keep what they have", async () => {
  await orderPayout(redis, "kept", 2);
  await waitUntilPaid(redis, "kept", 2);
  await orderPayout(redis, "open", 2, "nobody");
  const said = await nitro("reset", "ledger", "-s", stack);
  expect(said).toContain("cancelled, since they were not done: open\n");
  expect(said).toContain("emptied: ledger (");
  expect(await redis.exists("prepare-kept")).toBe(1);
  expect(await redis.exists("prepare-open")).toBe(0);
  expect(await pay(2)).toEqual(["paid", "paid"]);
  await nitro("reset", "redis", "-s", stack);
  expect(await documents()).toBe(2);
  expect(await pay(2)).toEqual(["paid", "paid"]);
  const unknown = await tryNitro("reset", "service", "-s", stack);
  expect(unknown.stderr).toContain("allowed are ledger, redis, localstack, all");
});

test("a snapshot under load is of one moment: what Redis knows to be paid, the ledger has; restored, the rest is paid too, once", async () => {
  const count = 300;
  await nitro("reset", "-s", stack);
  await s3.send(new PutObjectCommand({ Bucket: outputs.buckets.config, Key: "kept", Body: "1", Metadata: { who: "e2e" } }));
  await redis.set("with-time", "1", "PX", 3_600_000);
  await redis.set("binary", Buffer.from([0, 255, 10, 13]));
  await orderPayout(redis, "under-way", count);
  const paid = () => countPaid(redis, "under-way");
  await waitFor(async () => (await paid()) > 20, { what: "some are paid", timeoutMs: 60_000, intervalMs: 5 });
  const saved = await nitroJson<{ keys: number; objects: number; bytes: number }>("snapshot", "save", "middle", "-s", stack);
  expect(saved.objects).toBe(4);
  await waitUntilPaid(redis, "under-way", count);
  await nitro("reset", "-s", stack);
  await s3.send(new PutObjectCommand({ Bucket: outputs.buckets.config, Key: "later", Body: "2" }));
  expect(await pay(2)).toEqual(["paid", "paid"]);

  const engine = Engine.connect();
  const { containers } = stackNames(stack);
  expect(await nitro("snapshot", "restore", "middle", "-s", stack)).toContain("has the data of snapshot middle, the service is unsealed");
  expect(await keys(outputs.buckets.config)).toEqual(["kept", "secrets.age"]);
  expect((await s3.send(new HeadObjectCommand({ Bucket: outputs.buckets.config, Key: "kept" }))).Metadata).toEqual({ who: "e2e" });
  expect(await redis.getBuffer("binary")).toEqual(Buffer.from([0, 255, 10, 13]));
  expect(await redis.pttl("with-time")).toBeGreaterThan(3_000_000);
  await waitUntilPaid(redis, "under-way", count);
  await expectPaidOnce(ledger, "under-way", count);

  // Once more, with nobody who goes on: Redis never says more than the ledger knows.
  await nitro("snapshot", "restore", "middle", "-s", stack);
  for (const role of ["worker", "key-feeder", "service"] as const) await engine.stop(containers[role]);
  const inLedger = [...(await statesOf(ledger, "under-way")).values()].filter((states) => states.includes("paid")).length;
  expect(await paid()).toBeLessThanOrEqual(inLedger);
  await nitro("restart", "-s", stack, "key-feeder", "service", "worker");
  expect(await nitro("ledger", "verify", "-s", stack)).toContain("blocks");
});

test("Ctrl-C of a restore says how far it came, and the same command goes on", async () => {
  const engine = Engine.connect();
  const { containers } = stackNames(stack);
  const objects = Array.from({ length: 200 }, (_, at) => `many/${at}`);
  await Promise.all(objects.map((Key) => s3.send(new PutObjectCommand({ Bucket: outputs.buckets.config, Key, Body: Key }))));
  await nitro("snapshot", "save", "many", "-s", stack);
  const restore = () => spawn("./nitro", ["snapshot", "restore", "many", "-s", stack], { cwd: root, stdio: ["ignore", "ignore", "pipe"] });

  const free = Promise.withResolvers<void>();
  const busy = withDataLock(root, stack, { line: () => undefined }, () => free.promise);
  const early = restore();
  const earlyWords = text(early.stderr);
  await new Promise<void>((seen) => early.stderr.on("data", (data) => /waiting for it/.test(String(data)) && seen()));
  early.kill("SIGINT");
  expect(await once(early, "exit")).toEqual([130, null]);
  expect(await earlyWords).toContain("error: stopped: nothing was changed\n");
  free.resolve();
  await busy;

  const stop = new AbortController();
  const events = await engine.subscribe({ labels: { [labels.stack]: stack }, signal: stop.signal });
  const late = restore();
  const lateWords = text(late.stderr);
  for await (const { name, action } of events) if (name === containers.worker && action === "die") break;
  stop.abort();
  await engine.pause(containers.localstack);
  try {
    late.kill("SIGINT");
    expect(await once(late, "exit")).toEqual([130, null]);
    expect(await lateWords).toMatch(
      /stopped before all data was that of snapshot many: service, worker, key-feeder stay stopped\n {2}the same command again/,
    );
  } finally {
    await engine.unpause(containers.localstack);
  }
  expect(await nitro("snapshot", "restore", "many", "-s", stack)).toContain("has the data of snapshot many, the service is unsealed");
  expect(await keys(outputs.buckets.config)).toEqual(expect.arrayContaining(objects));
  await nitro("snapshot", "rm", "many", "-s", stack);
});

test("snapshots are listed with size and age, are nobody else's to read, and are replaced, removed and named right", async () => {
  const [listed] = await nitroJson<{ name: string; bytes: number }[]>("snapshot", "ls", "-s", stack);
  expect(listed).toMatchObject({ name: "middle" });
  expect(await nitro("snapshot", "ls", "-s", stack)).toMatch(/middle +\d+[smh] +[\d.]+ [KM]iB/);
  const folder = join(root, ".nitro", stack, "snapshots", "middle");
  for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o777, file).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  const fails = async (...args: string[]) => (await tryNitro("snapshot", ...args, "-s", stack)).stderr;
  expect(await fails("save", "middle")).toContain('has a snapshot "middle" already: it is left alone');
  expect(await fails("restore", "midle")).toContain('did you mean "middle"?');
  expect(await fails("save", "../x")).toContain('begins with a letter or digit: "../x" is not');
  await nitro("reset", "-s", stack);
  await nitro("snapshot", "save", "middle", "--replace", "-s", stack);
  expect((await nitroJson<{ bytes: number }[]>("snapshot", "ls", "-s", stack))[0]?.bytes).toBeLessThan(listed?.bytes ?? 0);
  // One whose journal is damaged changes nothing, and the stack goes on.
  expect(await pay(1)).toEqual(["paid"]);
  writeFileSync(join(folder, "journal"), readFileSync(join(folder, "journal")).subarray(0, 100));
  expect(await fails("restore", "middle")).toContain("journal");
  expect(await documents()).toBe(1);
  expect(await pay(1)).toEqual(["paid"]);
  await nitro("snapshot", "rm", "middle", "-s", stack);
  expect(await nitro("snapshot", "ls", "-s", stack)).toContain("has no snapshots");
});
