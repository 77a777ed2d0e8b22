import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { Encrypter } from "age-encryption";
import { afterAll, beforeAll, expect, test } from "vitest";
import { asidePrefix, feederVariables, type OperatorsFile, shareObject, sharePrefix } from "../../key-feeder/contract.ts";
import { holdsSecrets } from "../../key-feeder/secrets.ts";
import { combineShares } from "../../key-feeder/shares.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { Parts } from "./key-feeder-parts.ts";

// What the key-feeder does about objects that others put into the stack's buckets.

const parts = new Parts();
const { buckets, configObject } = parts.names;
const foreign = `${sharePrefix}_2026-11-29T10:00:00Z.json`;
let s3: S3Client;

beforeAll(async () => {
  await parts.start();
  s3 = await parts.s3();
});

afterAll(() => parts.remove());

async function keys(bucket: string, prefix = ""): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
  return Contents.map(({ Key = "" }) => Key);
}

async function content(bucket: string, key: string): Promise<string | undefined> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return Body?.transformToString();
}

const put = (bucket: string, key: string, body: string) => s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
const says = async (words: string) => (await parts.log()).filter((line) => line.includes(words));

test("bootstrap manual: secrets that operators have put before it came are left alone, whatever the bucket lacks", async () => {
  await waitFor(
    () => s3.send(new CreateBucketCommand({ Bucket: buckets.config, CreateBucketConfiguration: { LocationConstraint: "us-west-2" } })),
    {
      what: "LocalStack answers",
      timeoutMs: 60_000,
    },
  );
  await put(buckets.config, configObject, "of the operators");
  await parts.startFeeder({ [feederVariables.bootstrap]: "manual" });
  await parts.healthy();
  expect(await content(buckets.config, configObject)).toBe("of the operators");
  expect(await keys(buckets.shares)).toEqual([]);
});

test("bootstrap manual: the next ones that they put, and their shares, too; it says so once for each", async () => {
  await put(buckets.config, configObject, "of the operators, anew");
  await put(buckets.shares, foreign, "b25l");
  await put(buckets.shares, shareObject("test-operator"), "dHdv");
  await waitFor(async () => (await says("are left alone")).length === 2, { what: "it has looked at both" });
  // Another look is over.
  await put(buckets.config, "unrelated", "x");
  await parts.startFeeder({ [feederVariables.bootstrap]: "manual" });
  await parts.healthy();
  expect(await content(buckets.config, configObject)).toBe("of the operators, anew");
  expect((await keys(buckets.shares)).sort()).toEqual([foreign, shareObject("test-operator")].sort());
  expect(await says("are left alone")).toHaveLength(1);
});

test("bootstrap auto: what is of another vault is set aside, whole, before it is healthy; its own takes the place", async () => {
  await parts.startFeeder();
  await parts.healthy();
  expect((await keys(buckets.shares, sharePrefix)).sort()).toEqual([shareObject("test-operator"), shareObject("test-operator2")].sort());
  const aside = await keys(buckets.shares, asidePrefix);
  expect(aside.map((key) => key.split("/").at(-1)).sort()).toEqual(
    [foreign, shareObject("test-operator")].map((key) => key.split("/").at(-1)).sort(),
  );
  expect((await Promise.all(aside.map((key) => content(buckets.shares, key)))).sort()).toEqual(["b25l", "dHdv"]);
  const [config = ""] = await keys(buckets.config, asidePrefix);
  expect(await content(buckets.config, config)).toBe("of the operators, anew");
  expect(await content(buckets.config, configObject)).toMatch(/^age-encryption\.org/);
  expect(await says("set aside")).toHaveLength(2);
});

test("bootstrap auto: a share that comes later does not stay either", async () => {
  await put(buckets.shares, foreign, "bGF0ZXI=");
  await waitFor(async () => (await keys(buckets.shares, sharePrefix)).length === 2, { what: "it is set aside", timeoutMs: 10_000 });
  const aside = await keys(buckets.shares, asidePrefix);
  expect(aside).toHaveLength(3);
  expect(await Promise.all(aside.map((key) => content(buckets.shares, key)))).toContain("bGF0ZXI=");
});

test("bootstrap auto: secrets that somebody has put for the stack's own vault stay, and open", async () => {
  const told = JSON.parse((await parts.engine.exec(parts.feeder, ["cat", "/keys/operators.json"])).stdout) as OperatorsFile;
  const encrypter = new Encrypter();
  encrypter.addRecipient(told.vault);
  const file = await encrypter.encrypt('{"key":"by hand"}');
  await s3.send(new PutObjectCommand({ Bucket: buckets.config, Key: configObject, Body: file }));
  await waitFor(async () => (await says("are left alone")).length === 1, { what: "it has looked at it" });
  await parts.startFeeder();
  await parts.healthy();
  expect(await content(buckets.config, configObject)).toBe(Buffer.from(file).toString());
  const identity = await combineShares(told.operators.map(({ share }) => share));
  expect(await holdsSecrets(identity, file, '{"key":"by hand"}')).toBe(true);
  // Gone, it is replaced by the key-feeder's own.
  await s3.send(new DeleteObjectCommand({ Bucket: buckets.config, Key: configObject }));
  await waitFor(async () => (await keys(buckets.config, configObject)).length === 1, { what: "its own are there", timeoutMs: 10_000 });
});

test("bootstrap manual after auto: its own secrets are renewed where they change, shares are taken back", async () => {
  const before = await content(buckets.config, configObject);
  await parts.startFeeder({ [feederVariables.bootstrap]: "manual", [feederVariables.secrets]: '{"key":"other"}' });
  await parts.healthy();
  expect(await keys(buckets.shares, sharePrefix)).toEqual([]);
  const after = await content(buckets.config, configObject);
  expect(after).toMatch(/^age-encryption\.org/);
  expect(after).not.toBe(before);
});
