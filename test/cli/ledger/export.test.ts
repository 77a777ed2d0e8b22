import { expect, test } from "vitest";
import { command, defaultPrefix, moment, orderBody, ownAccess } from "../../../cli/ledger/export.ts";
import { describeImage, runLine } from "../../../cli/ledger/image.ts";
import { UsageError } from "../../../common/errors.ts";
import { runLedger } from "./run.ts";

test("times", () => {
  expect(command.parse([]).values.from).toBeUndefined();
  expect(moment("2026-01-31T12:00:00Z", "--from")).toBe(1_769_860_800_000);
  expect(moment("2026-01-31", "--from")).toBe(1_769_817_600_000);
  for (const text of ["yesterday", "12", "2026-13-01T00:00:00Z", ""])
    expect(() => moment(text, "--to")).toThrow(`--to is "${text}": allowed is a time such as 2026-01-31T12:00:00Z`);
});

test("each export has a prefix of its own", () => {
  expect(defaultPrefix("nitro-alice", new Date("2026-01-31T12:34:56.789Z"))).toBe("nitro-alice/20260131T123456.789Z/");
});

test("the order is ExportJournalToS3's", () => {
  const order = { start: 1500, end: 2500, bucket: "b", prefix: "p/", format: "JSON" };
  expect(orderBody(order, "arn:aws:iam::000000000000:role/r")).toEqual({
    InclusiveStartTime: 1.5,
    ExclusiveEndTime: 2.5,
    RoleArn: "arn:aws:iam::000000000000:role/r",
    S3ExportConfiguration: { Bucket: "b", Prefix: "p/", EncryptionConfiguration: { ObjectEncryptionType: "NO_ENCRYPTION" } },
    OutputFormat: "JSON",
  });
});

test("the S3 of a ledger without a stack: the option, else what the SDKs' variables name", () => {
  const env = { AWS_ENDPOINT_URL: "http://all", AWS_ENDPOINT_URL_S3: "http://s3", AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "id" };
  expect(ownAccess("http://own", env)).toEqual({ endpoint: "http://own", region: "eu-west-1", accessKeyId: "id", secretAccessKey: "test" });
  expect(ownAccess(undefined, env).endpoint).toBe("http://s3");
  expect(ownAccess(undefined, { AWS_ENDPOINT_URL: "http://all" }).endpoint).toBe("http://all");
  expect(() => ownAccess(undefined, {})).toThrow(UsageError);
});

test.each([
  [["--format", "XML"], '--format is "XML": allowed are ION_TEXT, ION_BINARY, JSON'],
  [["--from", "now"], '--from is "now"'],
  [["-s", "alice", "--s3-endpoint", "http://127.0.0.1:1"], "--s3-endpoint goes with --endpoint: a stack's ledger exports to the"],
  [["--s3-endpoint", "http://127.0.0.1:1"], "--s3-endpoint goes with --endpoint"],
  [["more"], 'unexpected argument "more"'],
])("%j is told what is wrong before anything is asked", async (args, message) => {
  await expect(runLedger(["export", ...args])).rejects.toThrow(message);
});

test("an image is told with the line that runs it", () => {
  expect(runLine("x:1")).toBe("docker run -d --name ledger -p 127.0.0.1:8182:8182 -v ledger-data:/data x:1");
  expect(describeImage("x:1")).toMatch(/^x:1\n\nrun it: +docker run /);
});
