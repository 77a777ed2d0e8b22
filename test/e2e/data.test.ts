import { CreateBucketCommand, ListBucketsCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { prepareConfigStream, submitConfigStream } from "../../key-feeder/contract.ts";
import type { StackOutputs } from "../../model/outputs.ts";
import { defaultServiceHost } from "../../model/program-settings.ts";
import { infoGroups } from "../../operators/payouts/groups.ts";
import { PayoutStreams } from "../../operators/payouts/streams.ts";
import { redisClient, s3Client } from "../../testing/clients.ts";
import { stackOutputs } from "../../testing/outputs.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { nitro, nitroJson, tryNitro } from "./nitro.ts";

const stack = "e2e-data";
let outputs: StackOutputs;
let redis: ReturnType<typeof redisClient>;
let s3: ReturnType<typeof s3Client>;

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  await nitro("up", "-s", stack);
  outputs = await stackOutputs(stack);
  redis = redisClient(outputs);
  s3 = s3Client(outputs);
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

/** Orders payments to be prepared. @param custodian of one that the service refuses for ever */
function order(payoutId: string, count: number, custodian = "dryrun-happypath"): Promise<unknown> {
  const payments = Array.from({ length: count }, (_, index) => ({
    ...{ to: `payee-${index}`, from: "e2e", amount: "1.5", currency: "BAT", payoutId, custodian },
  }));
  return new PayoutStreams(redis, payoutId).put(payments, defaultServiceHost, false);
}

async function keys(bucket: string): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.flatMap(({ Key }) => Key ?? []);
}

test("reset empties everything while a payout runs, and nothing is restarted; a payout of the same name is paid at once", async () => {
  await order("again", 3);
  await waitFor(async () => (await redis.zscore("submit-again-status", "paid")) === "3", { what: "it is paid", timeoutMs: 60_000 });
  await order("blocked", 200, "nobody");
  await waitFor(async () => (await redis.keys("retry-after-*")).length > 0, { what: "the worker is at it", timeoutMs: 60_000 });
  await order("queued", 5);
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

  await order("again", 3);
  await waitFor(async () => (await redis.zscore("submit-again-status", "paid")) === "3", { what: "it is paid", timeoutMs: 60_000 });
  expect(await documents()).toBe(3);
  expect(await starts()).toEqual(before);
  expect(await status()).toMatchObject({ healthy: true, sealed: false });
});

test("one part alone: of the ledger's payouts none is left that cannot go on, the others keep what they have", async () => {
  await order("kept", 2);
  await waitFor(async () => (await redis.zscore("submit-kept-status", "paid")) === "2", { what: "it is paid", timeoutMs: 60_000 });
  await order("open", 2, "nobody");
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
