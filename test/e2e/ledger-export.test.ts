import { DescribeJournalS3ExportCommand, ExportJournalToS3Command, QLDBClient } from "@aws-sdk/client-qldb";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { localAccount } from "../../model/names.ts";
import type { StackOutputs } from "../../model/outputs.ts";
import { s3Client } from "../../testing/clients.ts";
import { stackOutputs } from "../../testing/outputs.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { blocksOf, chainProblem, dataOf, manifestKeys, sequenceNo } from "../ledger/control/exported-blocks.ts";
import { engineResources, nitro, nitroJson } from "./nitro.ts";

const stack = "e2e-export";
const Bucket = "e2e-export-journals";
let outputs: StackOutputs;
let s3: S3Client;
let qldb: QLDBClient;

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  await nitro("up", "-s", stack);
  outputs = await stackOutputs(stack);
  s3 = s3Client(outputs);
  qldb = new QLDBClient({
    endpoint: outputs.ledgerEndpoint ?? "",
    region: "us-west-2",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
});

afterAll(async () => {
  s3?.destroy();
  qldb?.destroy();
  await nitro("down", "-s", stack, "--yes");
  expect(await engineResources(stack)).toEqual({ containers: {}, networks: [], volumes: [], notes: [] });
});

const order = () => ({
  Name: outputs.ledgerName,
  InclusiveStartTime: new Date(0),
  ExclusiveEndTime: new Date(),
  RoleArn: `arn:aws:iam::${localAccount}:role/export`,
  S3ExportConfiguration: { Bucket, Prefix: "payouts/", EncryptionConfiguration: { ObjectEncryptionType: "SSE_S3" as const } },
});

async function content(Key: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return (await Body?.transformToString()) ?? "";
}

test("a bucket that is not there is refused with S3's own words", async () => {
  await expect(qldb.send(new ExportJournalToS3Command(order()))).rejects.toMatchObject({
    name: "InvalidParameterException",
    message: expect.stringContaining("NoSuchBucket"),
  });
});

test("the journal of a payout is exported to the stack's S3: the blocks chain, and hold every state of the payments", async () => {
  const { payoutId } = await nitroJson<{ payoutId: string }>("pay", "-s", stack, "--count", "3");
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: "us-west-2" } }));
  const { ExportId } = await qldb.send(new ExportJournalToS3Command(order()));
  const status = await waitFor(
    async () => {
      const { ExportDescription } = await qldb.send(new DescribeJournalS3ExportCommand({ Name: outputs.ledgerName, ExportId }));
      return ExportDescription?.Status === "IN_PROGRESS" ? undefined : ExportDescription?.Status;
    },
    { what: "the end of the export" },
  );
  expect(status).toBe("COMPLETED");
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  const objects = Contents.map(({ Key = "" }) => Key);
  expect(objects).toContain(`payouts/${ExportId}.started.manifest`);
  const completed = objects.find((key) => key.startsWith(`payouts/${ExportId}.`) && key.endsWith(".completed.manifest")) ?? "";
  const keys = manifestKeys(await content(completed));
  expect(objects).toHaveLength(keys.length + 2);
  const contents: string[] = [];
  for (const key of keys) contents.push(await content(key));
  const blocks = blocksOf(contents);
  expect(blocks.map(sequenceNo)).toEqual(blocks.map((_block, index) => index));
  expect(chainProblem(blocks)).toBeUndefined();
  const payments = blocks.flatMap(dataOf).flatMap((document) => {
    const bytes = document.get("idempotencyKey") === null ? undefined : document.get("data")?.uInt8ArrayValue();
    if (bytes === undefined || bytes === null) return [];
    const payment = JSON.parse(Buffer.from(bytes).toString()) as { payoutId?: string; to: string; status: string };
    return payment.payoutId === payoutId ? [payment] : [];
  });
  for (const to of ["payee-1", "payee-2", "payee-3"]) {
    const states = payments.filter((payment) => payment.to === to).map((payment) => payment.status);
    expect(states.filter((state, index) => state !== states[index - 1])).toEqual(["prepared", "authorized", "pending", "paid"]);
  }
});
