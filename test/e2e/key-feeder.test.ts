import { createPublicKey, verify } from "node:crypto";
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  dataField,
  manualKey,
  prepareConfigStream,
  prepareStream,
  responseStream,
  shareObject,
  sharePrefix,
  variables,
} from "../../key-feeder/contract.ts";
import { holdsSecrets, madeUpSecrets } from "../../key-feeder/secrets.ts";
import { combineShares } from "../../key-feeder/shares.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { Parts } from "./key-feeder-parts.ts";
import { numbers, PreparedPayout } from "./payouts.ts";

const parts = new Parts();
const { buckets, configObject } = parts.names;

beforeAll(async () => {
  await parts.start();
  await parts.startFeeder();
});

afterAll(() => parts.remove());

async function object(bucket: string, key: string): Promise<Uint8Array> {
  const { Body } = await (await parts.s3()).send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return (await Body?.transformToByteArray()) ?? new Uint8Array();
}

/** The shares in S3, in the order of their names. */
async function shares(): Promise<string[]> {
  const { Contents = [] } = await (await parts.s3()).send(new ListObjectsV2Command({ Bucket: buckets.shares, Prefix: sharePrefix }));
  const keys = Contents.map(({ Key = "" }) => Key).sort();
  return Promise.all(keys.map(async (key) => Buffer.from(await object(buckets.shares, key)).toString("utf8")));
}

const secretsText = (secrets: Record<string, string>) => JSON.stringify(Object.fromEntries(Object.entries(secrets).sort()));

async function payout(payoutId: string): Promise<PreparedPayout> {
  return new PreparedPayout(await parts.redisClient(), payoutId);
}

test("healthy means fed: two shares of an identity that opens the secrets, and the public keys", async () => {
  await parts.healthy();
  const found = await shares();
  expect(found).toHaveLength(2);
  const identity = await combineShares(found);
  expect(await holdsSecrets(identity, await object(buckets.config, configObject), secretsText(madeUpSecrets))).toBe(true);
  for (const name of ["test-operator", "test-operator2"]) {
    const { output } = await parts.engine.exec(parts.feeder, ["cat", `/public/${name}.pub`]);
    expect(output).toMatch(new RegExp(`^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA[A-Za-z0-9+/]{44} ${name}\\n$`));
  }
});

test.each([
  ["the secrets are deleted", () => new DeleteObjectCommand({ Bucket: buckets.config, Key: configObject })],
  ["a share is deleted", () => new DeleteObjectCommand({ Bucket: buckets.shares, Key: shareObject("test-operator2") })],
  ["a share is overwritten", () => new PutObjectCommand({ Bucket: buckets.shares, Key: shareObject("test-operator"), Body: "b29wcw==" })],
  ["the secrets are overwritten", () => new PutObjectCommand({ Bucket: buckets.config, Key: configObject, Body: "oops" })],
])("%s: it is put back as it was", async (_, change) => {
  const before = await shares();
  const identity = await combineShares(before);
  await (await parts.s3()).send(change() as DeleteObjectCommand);
  const opens = () => object(buckets.config, configObject).then((file) => holdsSecrets(identity, file, secretsText(madeUpSecrets)));
  await waitFor(async () => JSON.stringify(await shares()) === JSON.stringify(before) && (await opens()), {
    what: "it is back",
    timeoutMs: 10_000,
  });
});

test("LocalStack starts anew, empty: everything is back, and the key-feeder is healthy again only then", async () => {
  const before = await shares();
  const said = async (text: string) => (await parts.log()).filter((line) => line.includes(text)).length;
  const [lost, found] = [await said("S3 or STS cannot be used"), await said("S3 or STS can be used again")];
  await parts.engine.kill(parts.localstack);
  await waitFor(async () => !(await parts.isHealthy()), { what: "the key-feeder says that it cannot feed" });
  await parts.engine.start(parts.localstack);
  await parts.healthy();
  expect(await shares()).toEqual(before);
  expect(await said("S3 or STS cannot be used")).toBe(lost + 1);
  expect(await said("S3 or STS can be used again")).toBe(found + 1);
});

test("a prepared payout is authorized by both operators, with signatures that hold, and two orders", async () => {
  const prepared = await payout("whole");
  await prepared.order(3);
  await prepared.answer(numbers(3));
  await prepared.wholly(3);
  expect(await prepared.orders()).toEqual([3, 3]);
  expect([...(await prepared.authorizations()).values()]).toEqual([1, 1, 1, 1, 1, 1]);
  const published = await Promise.all(
    ["test-operator", "test-operator2"].map(async (name) => {
      const { output } = await parts.engine.exec(parts.feeder, ["cat", `/public/${name}.pub`]);
      return Buffer.from(output.split(" ")[1] ?? "", "base64").subarray(-32);
    }),
  );
  const messages = await prepared.messages();
  for (const [index, { request }] of messages.entries()) {
    const raw = published[Math.floor(index / 3)] ?? Buffer.alloc(0);
    const { signature = "", ...headers } = request.headers;
    const names = ["(request-target)", "host", "date", "digest", "content-length", "content-type"];
    const key = createPublicKey({ key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw]), format: "der", type: "spki" });
    const bytes = Buffer.from(/signature="([^"]+)"/.exec(signature)?.[1] ?? "", "base64");
    expect(verify(null, Buffer.from(names.map((name) => `${name}: ${headers[name]}`).join("\n")), key, bytes)).toBe(true);
    expect(headers).toMatchObject({ "(request-target)": "post /v1/payments/submit", host: "service:18080" });
  }
});

test("answers that come twice, and a second order of the same payout, authorize nothing twice", async () => {
  const prepared = await payout("twice");
  await prepared.order(3);
  await prepared.answer([1, 1, 2, 2]);
  await prepared.answer([1, 2, 3]);
  await prepared.wholly(3);
  await prepared.order(3);
  await prepared.answer(numbers(3));
  const other = await payout("after-twice");
  await other.order(1);
  await other.answer([1]);
  await other.wholly(1);
  expect([...(await prepared.authorizations()).values()]).toEqual([1, 1, 1, 1, 1, 1]);
  expect(await prepared.orders()).toEqual([3, 3]);
});

test("a payout that a person took over a moment before is left alone, until it is given back", async () => {
  const prepared = await payout("by-hand");
  const redis = await parts.redisClient();
  await prepared.order(2);
  await prepared.answer([1]);
  await redis.sadd(manualKey, "by-hand");
  await prepared.answer([2]);
  await waitFor(async () => (await parts.log()).some((line) => line.includes("left to a person") && line.includes("by-hand")), {
    what: "it says so",
  });
  expect(await prepared.submitted()).toBe(0);
  await redis.srem(manualKey, "by-hand");
  await prepared.wholly(2);
});

test("custodians that move money are left alone, with one warning; the others of the payout go", async () => {
  const prepared = await payout("mixed");
  await prepared.order(3);
  await prepared.answer([1], "zebpay");
  await prepared.answer([2, 3]);
  await prepared.wholly(2);
  expect([...(await prepared.authorizations()).keys()].map((key) => key.split(" ")[0])).toEqual([
    "mixed-2",
    "mixed-3",
    "mixed-2",
    "mixed-3",
  ]);
  const warnings = (await parts.log()).filter((line) => line.includes("left alone") && line.includes('"mixed"'));
  expect(warnings.map((line) => JSON.parse(line))).toMatchObject([{ level: "warn", payments: 1, custodians: ["zebpay"] }]);
});

test("one payment that is never prepared does not hold up the others; prepared late it goes too", async () => {
  const prepared = await payout("incomplete");
  await prepared.order(3);
  await prepared.answer([1, 2]);
  await prepared.wholly(2);
  expect(await prepared.orders()).toEqual([2, 2]);
  await prepared.answer([3]);
  await prepared.wholly(3);
  expect(await prepared.orders()).toEqual([2, 2, 1, 1]);
});

test("what is no order and no answer holds up nothing", async () => {
  const redis = await parts.redisClient();
  await redis.xadd(prepareConfigStream, "*", dataField, "oops");
  await redis.xadd(prepareConfigStream, "*", "nothing", "at all");
  const prepared = await payout("after-nonsense");
  await prepared.order(1);
  await redis.xadd(responseStream(prepareStream("after-nonsense")), "*", dataField, "{");
  await prepared.answer([1]);
  await prepared.wholly(1);
});

test("Redis is killed while payouts run: each payment is authorized once by each operator", async () => {
  for (const round of numbers(4)) {
    const payouts = await Promise.all(numbers(5).map((each) => payout(`redis-${round}-${each}`)));
    for (const prepared of payouts) {
      await prepared.order(10);
      await prepared.answer(numbers(10));
    }
    await parts.engine.kill(parts.redis);
    await parts.engine.start(parts.redis);
    for (const { payoutId } of payouts) {
      const prepared = await payout(payoutId);
      await prepared.wholly(10);
      expect([...(await prepared.authorizations()).values()]).toEqual(Array(20).fill(1));
      expect(await prepared.orders()).toEqual([10, 10]);
    }
  }
});

test("SIGTERM ends it with exit code 0", async () => {
  await parts.engine.stop(parts.feeder, { graceSeconds: 1 });
  expect((await parts.engine.inspect(parts.feeder))?.exitCode).toBe(0);
});

test("other secrets: encrypted anew to the same identity, and in no log", async () => {
  const before = await shares();
  const secrets = { zebpayApiKey: "hunter2-zebpay", another: "hunter2-another" };
  await parts.startFeeder({ NITRO_SECRETS: JSON.stringify(secrets) });
  await parts.healthy();
  const identity = await combineShares(await shares());
  expect(await shares()).toEqual(before);
  expect(await holdsSecrets(identity, await object(buckets.config, configObject), secretsText(secrets))).toBe(true);
  const log = (await parts.log()).join("\n");
  for (const secret of ["hunter2", identity, ...before]) expect(log.includes(secret)).toBe(false);
});

test("bootstrap by hand: its shares are taken back, and it is healthy without; a person's share stays", async () => {
  const [share = ""] = await shares();
  await parts.startFeeder({ BOOTSTRAP: "manual" });
  await parts.healthy();
  await waitFor(async () => (await shares()).length === 0, { what: "the shares are gone" });
  await (await parts.s3()).send(new PutObjectCommand({ Bucket: buckets.shares, Key: shareObject("test-operator"), Body: share }));
  await parts.engine.restart(parts.feeder);
  await parts.healthy();
  expect(await shares()).toEqual([share]);
});

test("authorization by hand: payouts wait, and go once it is automatic again", async () => {
  await parts.startFeeder({ AUTHORIZATION: "manual" });
  await parts.healthy();
  const prepared = await payout("waiting");
  await prepared.order(2);
  await prepared.answer(numbers(2));
  expect(await prepared.submitted()).toBe(0);
  await parts.startFeeder({ AUTHORIZATION: "auto" });
  await prepared.wholly(2);
});

test("an environment that is not usable ends it at once, with everything that is wrong", async () => {
  await parts.startFeeder({ [variables.redisAddress]: "redis", NITRO_SECRETS: '{"a":"hunter2"' });
  expect(await parts.engine.wait(parts.feeder)).toBe(1);
  const log = (await parts.log()).join("\n");
  expect(log).toContain("REDIS_ADDR is");
  expect(log).toContain("NITRO_SECRETS is not JSON");
  expect(log).not.toContain("hunter2");
});
