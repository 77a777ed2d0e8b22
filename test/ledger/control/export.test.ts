import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateLedgerCommand,
  DeleteLedgerCommand,
  ExportJournalToS3Command,
  type ExportJournalToS3CommandInput,
  ListJournalS3ExportsCommand,
  ListJournalS3ExportsForLedgerCommand,
  UpdateLedgerCommand,
} from "@aws-sdk/client-qldb";
import { load } from "ion-js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connect } from "../server.ts";
import { type ExportServer, ended, environment, removeFolder, startExportServer } from "./export-server.ts";
import { blocksOf, chainProblem, dataOf, manifestKeys, sequenceNo } from "./exported-blocks.ts";
import { type S3StandIn, startS3 } from "./s3-stand-in.ts";

let s3: S3StandIn;
let folder: string;
let server: ExportServer;
beforeEach(async () => {
  s3 = await startS3();
  folder = await mkdtemp(join(tmpdir(), "ledger-export-"));
  server = await startExportServer(folder, environment(s3.url));
});
afterEach(async () => {
  await server.close();
  await s3.close();
  await removeFolder(folder);
});

const order = (change: Partial<ExportJournalToS3CommandInput> = {}): ExportJournalToS3CommandInput => ({
  Name: "demo",
  InclusiveStartTime: new Date(0),
  ExclusiveEndTime: new Date(),
  RoleArn: "arn:aws:iam::000000000000:role/export",
  S3ExportConfiguration: { Bucket: "exports", Prefix: "all/", EncryptionConfiguration: { ObjectEncryptionType: "NO_ENCRYPTION" } },
  ...change,
});
const begin = async (change: Partial<ExportJournalToS3CommandInput> = {}) =>
  (await server.client.send(new ExportJournalToS3Command(order(change)))).ExportId ?? "";
/** Makes a block for each statement. */
async function run(...statements: string[]): Promise<void> {
  const driver = connect(server.url);
  for (const statement of statements) await driver.executeLambda((transaction) => transaction.execute(statement));
  driver.close();
}
/** Moves the clock on, so that all blocks until now lie before "now". */
function after(ms = 1000): Date {
  server.advance(ms);
  return new Date(server.registry.now());
}
const put = (pattern: RegExp) => s3.puts.filter(({ key }) => pattern.test(key));
const dataOfExport = () => put(/\/\d{4}\/\d\d\/\d\d\/\d\d\//);

test("a whole journal in Ion text: two manifests, and blocks that prove themselves", async () => {
  await run(
    "CREATE TABLE T",
    "INSERT INTO T <<{'n': 1, 'price': 12.50}, {'n': 2}, {'n': 3}>>",
    "UPDATE T SET n = 4 WHERE n = 3",
    "DELETE FROM T",
  );
  const ExclusiveEndTime = after();
  const id = await begin({ ExclusiveEndTime });
  expect(id).toMatch(/^[A-Za-z0-9]{22}$/);
  const description = await ended(server.client, id);
  expect(description).toEqual({
    LedgerName: "demo",
    ExportId: id,
    ExportCreationTime: expect.any(Date),
    Status: "COMPLETED",
    InclusiveStartTime: new Date(0),
    ExclusiveEndTime,
    S3ExportConfiguration: order().S3ExportConfiguration,
    RoleArn: order().RoleArn,
    OutputFormat: "ION_TEXT",
  });
  const [started] = s3.puts;
  expect(started).toMatchObject({ bucket: "exports", key: `all/${id}.started.manifest` });
  expect(
    load(started?.content ?? "")
      ?.get("inclusiveStartTime")
      ?.dateValue(),
  ).toEqual(new Date(0));
  expect(JSON.parse(JSON.stringify(load(started?.content ?? "")))).toMatchObject({
    ledgerName: "demo",
    exportId: id,
    bucket: "exports",
    prefix: "all/",
    objectEncryptionType: "NO_ENCRYPTION",
  });
  expect(load(started?.content ?? "")?.get("outputFormat")).toBeNull();
  const strandId = server.registry.describe("demo")?.strandId;
  const completed = s3.puts.at(-1);
  expect(completed?.key).toBe(`all/${id}.${strandId}.completed.manifest`);
  const keys = manifestKeys(completed?.content ?? "");
  expect(keys).toEqual(dataOfExport().map(({ key }) => key));
  for (const key of keys) expect(key).toMatch(new RegExp(`^all/\\d{4}/\\d\\d/\\d\\d/\\d\\d/${strandId}\\.\\d+-\\d+\\.ion$`));
  const blocks = blocksOf(dataOfExport().map(({ content }) => content));
  expect(blocks.map(sequenceNo)).toEqual([0, 1, 2, 3]);
  expect(chainProblem(blocks)).toBeUndefined();
  expect(chainProblem(blocks.filter((block) => sequenceNo(block) !== 2))).toBe("block 3: it follows block 1");
  expect(blocks.flatMap(dataOf).map((data) => data.get("n")?.numberValue())).toEqual([1, 2, 3, 4]);
});

test("in text a space is all that stands between two blocks, where AWS's own reader for Python splits", async () => {
  await run("CREATE TABLE T", "INSERT INTO T {'n': 1}", "INSERT INTO T {'n': 2}");
  await ended(server.client, await begin({ ExclusiveEndTime: after() }));
  const parts = dataOfExport().map(({ content }) => content.toString().split("} {"));
  expect(parts.flat()).toHaveLength(3);
  for (const [part = ""] of parts) expect(part).toMatch(/^\{blockAddress:/);
  for (const part of parts) expect(part.at(-1)).toMatch(/\}$/);
});

test("AWS's verification holds for inserts, updates, a deletion and a redaction, before and after the data is erased", async () => {
  await run("CREATE TABLE T", "INSERT INTO T <<{'n': 1, 'price': 12.50}, {'n': 2}>>", "UPDATE T SET n = 3 WHERE n = 1");
  await run("UPDATE T SET m = 1", "DELETE FROM T WHERE n = 2");
  const driver = connect(server.url);
  const redact = (n: number) =>
    driver.executeLambda(async (transaction) => {
      const history = await transaction.execute(
        "SELECT h.blockAddress AS a, h.metadata.id AS id, t.tableId AS t FROM history(T) AS h, information_schema.user_tables AS t WHERE h.data.n = ?",
        n,
      );
      const [found] = history.getResultList();
      await transaction.execute("EXEC redact_revision ?, ?, ?", found?.get("a"), found?.get("t"), found?.get("id"));
      // A block that erases may hold revisions of its own, too.
      if (n === 1) await transaction.execute("INSERT INTO T {'n': 4}");
    });
  await redact(1);
  await redact(2);
  driver.close();
  await ended(server.client, await begin({ ExclusiveEndTime: after() }));
  const blocks = blocksOf(dataOfExport().map(({ content }) => content));
  const none = undefined;
  expect(blocks.map((block) => block.get("redactionInfo", "revisions")?.elements()?.length)).toEqual([none, none, none, none, none, 1, 1]);
  expect(blocks.map((block) => block.get("revisions")?.elements()?.length)).toEqual([1, 2, 1, 2, 1, 1, none]);
  expect(blocks.flatMap((block) => block.get("revisions")?.elements() ?? []).filter((revision) => revision.get("dataHash"))).toHaveLength(
    2,
  );
  expect(chainProblem(blocks)).toBeUndefined();
});

test("a range takes the blocks from its start on and before its end, a new object with every hour", async () => {
  await run("CREATE TABLE T");
  const start = after(3_600_000);
  await run("INSERT INTO T {'n': 1}");
  after(3_600_000);
  await run("INSERT INTO T {'n': 2}", "INSERT INTO T {'n': 3}");
  const end = after();
  await run("INSERT INTO T {'n': 4}");
  await ended(server.client, await begin({ InclusiveStartTime: start, ExclusiveEndTime: end }));
  const ranges = dataOfExport().map(({ key }) => /\.(\d+-\d+)\.ion$/.exec(key)?.[1]);
  const blocks = blocksOf(dataOfExport().map(({ content }) => content));
  expect(blocks.map(sequenceNo)).toEqual([1, 2, 3]);
  expect(chainProblem(blocks)).toBeUndefined();
  // The two of the last hour share an object, unless the hour ended between them.
  expect([
    ["1-1", "2-3"],
    ["1-1", "2-2", "3-3"],
  ]).toContainEqual(ranges);
  const folders = dataOfExport().map(({ key }) => key.slice("all/".length, "all/2000/01/01/00".length));
  const times = blocks.map((block) => block.get("blockTimestamp")?.timestampValue()?.getDate().toISOString() ?? "");
  expect(new Set(folders)).toEqual(new Set(times.map((time) => time.slice(0, 13).replace(/[-T]/g, "/"))));
  s3.puts.length = 0;
  await ended(server.client, await begin({ InclusiveStartTime: new Date(0), ExclusiveEndTime: new Date(1000) }));
  expect(dataOfExport()).toEqual([]);
  expect(manifestKeys(s3.puts.at(-1)?.content ?? "")).toEqual([]);
});

test("binary Ion, JSON lines, encryption, and a prefix without a slash", async () => {
  await run(
    "CREATE TABLE T",
    "INSERT INTO T `{n: 12345678901234567890, d: 1.20, f: 1e1, b: {{AQID}}, t: 2020-01-02T, s: x::sym, z: null.int}`",
  );
  const ExclusiveEndTime = after();
  const target = (Prefix: string, ObjectEncryptionType: "SSE_S3" | "SSE_KMS", KmsKeyArn?: string) => ({
    Bucket: "exports",
    Prefix,
    EncryptionConfiguration: { ObjectEncryptionType, ...(KmsKeyArn === undefined ? {} : { KmsKeyArn }) },
  });
  const binary = await begin({ ExclusiveEndTime, OutputFormat: "ION_BINARY", S3ExportConfiguration: target("binary", "SSE_S3") });
  expect((await ended(server.client, binary)).OutputFormat).toBe("ION_BINARY");
  const strandId = server.registry.describe("demo")?.strandId;
  const contents = put(/^binary\/.*\.ion$/).map(({ content }) => content);
  expect(contents[0]?.subarray(0, 4)).toEqual(Buffer.from([0xe0, 1, 0, 0xea]));
  expect(chainProblem(blocksOf(contents))).toBeUndefined();
  expect(blocksOf(contents).map(sequenceNo)).toEqual([0, 1]);
  expect(manifestKeys(put(new RegExp(`^binary/${binary}\\.${strandId}\\.completed`))[0]?.content ?? "")).toHaveLength(contents.length);
  for (const { headers } of put(/^binary\//)) expect(headers["x-amz-server-side-encryption"]).toBe("AES256");
  const key = "arn:aws:kms:us-east-1:000000000000:key/1";
  const json = await begin({ ExclusiveEndTime, OutputFormat: "JSON", S3ExportConfiguration: target("", "SSE_KMS", key) });
  expect((await ended(server.client, json)).S3ExportConfiguration).toEqual(target("", "SSE_KMS", key));
  const lines = put(/^\d{4}\/.*\.json$/).flatMap(({ content }) => content.toString().trimEnd().split("\n"));
  expect(lines.map((line) => JSON.parse(line).blockAddress.sequenceNo)).toEqual([0, 1]);
  expect(lines[1]).toContain('{"n":12345678901234567890,"d":1.20,"f":10,"b":"AQID","t":"2020-01-02","s":"sym","z":null}');
  for (const { headers } of put(/^\d{4}\/.*\.json$/))
    expect(headers).toMatchObject({
      "content-type": "application/json",
      "x-amz-server-side-encryption": "aws:kms",
      "x-amz-server-side-encryption-aws-kms-key-id": key,
    });
  const manifest = JSON.parse(put(new RegExp(`^${json}\\.started`))[0]?.content.toString() ?? "");
  expect(manifest).toMatchObject({ outputFormat: "JSON", inclusiveStartTime: "1970-01-01T00:00:00.000Z" });
});

test("an object holds no more than a megabyte and the block that crosses it", async () => {
  await run("CREATE TABLE T");
  const text = "x".repeat(90_000);
  for (let count = 0; count < 15; count++) await run(`INSERT INTO T {'text': '${text}'}`);
  await ended(server.client, await begin({ ExclusiveEndTime: after() }));
  expect(dataOfExport().length).toBeGreaterThanOrEqual(3);
  for (const { content } of dataOfExport()) expect(content.length).toBeLessThan(1_400_000);
  const blocks = blocksOf(dataOfExport().map(({ content }) => content));
  expect(blocks.map(sequenceNo)).toEqual(Array.from({ length: 16 }, (_, index) => index));
});

const invalid = { name: "InvalidParameterException", $metadata: { httpStatusCode: 400 } };
const s3Target = order().S3ExportConfiguration;
const encryption = (EncryptionConfiguration: object) =>
  ({ S3ExportConfiguration: { ...s3Target, EncryptionConfiguration } }) as unknown as Partial<ExportJournalToS3CommandInput>;
test("an end of the next whole second is now: SDKs round times", async () => {
  const nextSecond = Math.floor(server.registry.now() / 1000 + 1) * 1000;
  const shown = await ended(server.client, await begin({ ExclusiveEndTime: new Date(nextSecond) }));
  expect(shown.Status).toBe("COMPLETED");
  expect(shown.ExclusiveEndTime?.getTime()).toBeLessThanOrEqual(server.registry.now());
});

test.each<[string, Partial<ExportJournalToS3CommandInput>, RegExp]>([
  ["an end before the start", { InclusiveStartTime: new Date(5000), ExclusiveEndTime: new Date(4000) }, /before end date/],
  ["an empty range", { InclusiveStartTime: new Date(5000), ExclusiveEndTime: new Date(5000) }, /before end date/],
  ["an end in the future", { ExclusiveEndTime: new Date(Date.now() + 3_600_000) }, /must not be in the future/],
  ["no start", { InclusiveStartTime: undefined }, /InclusiveStartTime/],
  [
    "a bucket with an underscore",
    { S3ExportConfiguration: { ...order().S3ExportConfiguration, Bucket: "a_b" } as never },
    /Bucket is "a_b"/,
  ],
  ["a bucket like an address", { S3ExportConfiguration: { ...s3Target, Bucket: "10.0.0.1" } as never }, /Bucket/],
  ["a long prefix", { S3ExportConfiguration: { ...s3Target, Prefix: "x".repeat(129) } as never }, /longer than 128/],
  ["no prefix", { S3ExportConfiguration: { ...s3Target, Prefix: undefined } as never }, /Prefix is required/],
  ["no target", { S3ExportConfiguration: undefined }, /S3ExportConfiguration/],
  ["an unknown encryption", encryption({ ObjectEncryptionType: "ROT13" }), /SSE_KMS, SSE_S3, NO_ENCRYPTION/],
  ["a key that is missing", encryption({ ObjectEncryptionType: "SSE_KMS" }), /KmsKeyArn/],
  ["a key too many", encryption({ ObjectEncryptionType: "SSE_S3", KmsKeyArn: "arn:aws:kms:us-east-1:0:key/1" }), /SSE_KMS alone/],
  ["no role", { RoleArn: "none" }, /RoleArn/],
  ["an unknown format", { OutputFormat: "XML" as never }, /ION_TEXT, ION_BINARY, JSON/],
])("%s is refused", async (_what, change, message) => {
  await expect(begin(change)).rejects.toMatchObject({ ...invalid, message: expect.stringMatching(message) });
  expect(s3.asked).toEqual([]);
});

test("a ledger or an export that there is not", async () => {
  const missing = { name: "ResourceNotFoundException", $metadata: { httpStatusCode: 404 } };
  await expect(begin({ Name: "nothing" })).rejects.toMatchObject(missing);
  await expect(server.client.send(new ListJournalS3ExportsForLedgerCommand({ Name: "nothing" }))).rejects.toMatchObject(missing);
  await expect(ended(server.client, "0000000000000000000000")).rejects.toMatchObject(missing);
  await expect(ended(server.client, "0000000000000000000000", "nothing")).rejects.toMatchObject(missing);
});

test("an S3 that refuses the first manifest: the request fails, and nothing is kept", async () => {
  s3.behave(() => "refuse");
  await expect(begin()).rejects.toMatchObject({
    ...invalid,
    message: "QLDB encountered an error validating S3 configuration: NoSuchBucket The specified bucket does not exist",
  });
  expect((await server.client.send(new ListJournalS3ExportsForLedgerCommand({ Name: "demo" }))).JournalS3Exports).toEqual([]);
  expect(s3.asked).toHaveLength(1);
});

test("an S3 that refuses later: the export is cancelled, the log says why, and there is no final manifest", async () => {
  await run("CREATE TABLE T");
  s3.behave(({ key }) => (key.endsWith(".ion") ? "refuse" : "take"));
  const id = await begin({ ExclusiveEndTime: after() });
  expect((await ended(server.client, id)).Status).toBe("CANCELLED");
  expect(server.logged).toEqual([`export ${id} of ledger demo is cancelled: NoSuchBucket The specified bucket does not exist`]);
  expect(put(/completed/)).toEqual([]);
});

test("an S3 that fails for a moment is asked again", async () => {
  await run("CREATE TABLE T");
  let failures = 0;
  s3.behave(({ key }) => (key.endsWith(".ion") && failures++ < 2 ? "fail" : "take"));
  expect((await ended(server.client, await begin({ ExclusiveEndTime: after() }))).Status).toBe("COMPLETED");
  expect(s3.asked.filter((key) => key.endsWith(".ion"))).toHaveLength(3);
});

test("two exports at once, not three; a third when one is over", async () => {
  await run("CREATE TABLE T");
  s3.behave(({ key }) => (/completed/.test(key) ? "hang" : "take"));
  const hanging = s3.asksFor(/completed/);
  const ExclusiveEndTime = after();
  const three = await Promise.allSettled([1, 2, 3].map(() => begin({ ExclusiveEndTime })));
  expect(three.map(({ status }) => status).sort()).toEqual(["fulfilled", "fulfilled", "rejected"]);
  expect(three.find(({ status }) => status === "rejected")).toMatchObject({ reason: { name: "LimitExceededException" } });
  await hanging;
});

test("lists come in pages, for one ledger and for all, and forget after seven days", async () => {
  await server.client.send(new CreateLedgerCommand({ Name: "other", PermissionsMode: "STANDARD", DeletionProtection: false }));
  const ids: string[] = [];
  for (const Name of ["demo", "demo", "demo", "other"]) {
    ids.push(await begin({ Name }));
    await ended(server.client, ids.at(-1), Name);
    server.advance(1);
  }
  const listed: (string | undefined)[][] = [];
  let NextToken: string | undefined;
  do {
    const page = await server.client.send(new ListJournalS3ExportsForLedgerCommand({ Name: "demo", MaxResults: 2, NextToken }));
    listed.push((page.JournalS3Exports ?? []).map(({ ExportId }) => ExportId));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  expect(listed).toEqual([ids.slice(0, 2), ids.slice(2, 3)]);
  const all = await server.client.send(new ListJournalS3ExportsCommand({ MaxResults: 4 }));
  expect([all.JournalS3Exports?.map(({ ExportId }) => ExportId), all.NextToken]).toEqual([ids, undefined]);
  for (const wrong of [{ MaxResults: 101 }, { MaxResults: 0 }, { NextToken: "nothing" }])
    await expect(server.client.send(new ListJournalS3ExportsCommand(wrong)), JSON.stringify(wrong)).rejects.toMatchObject(invalid);
  server.advance(7 * 24 * 3600 * 1000 + 1);
  expect((await server.client.send(new ListJournalS3ExportsCommand({}))).JournalS3Exports).toEqual([]);
});

test("exports survive a restart; one that was interrupted begins again and completes", async () => {
  await run("CREATE TABLE T", "INSERT INTO T {'n': 1}");
  const ExclusiveEndTime = after();
  const first = await begin({ ExclusiveEndTime });
  const before = await ended(server.client, first);
  s3.behave(({ key }) => (key.endsWith(".ion") ? "hang" : "take"));
  const asked = s3.asksFor(/\.ion$/);
  const second = await begin({ ExclusiveEndTime, OutputFormat: "ION_TEXT" });
  await asked;
  await server.close();
  s3.behave(() => "take");
  s3.puts.length = 0;
  server = await startExportServer(folder, environment(s3.url));
  expect(await ended(server.client, first)).toEqual(before);
  expect((await ended(server.client, second)).Status).toBe("COMPLETED");
  const strandId = server.registry.describe("demo")?.strandId;
  expect(s3.puts.at(-1)?.key).toBe(`all/${second}.${strandId}.completed.manifest`);
  expect(blocksOf(dataOfExport().map(({ content }) => content)).map(sequenceNo)).toEqual([0, 1]);
});

test("a restart into an environment without S3 cancels what was interrupted", async () => {
  await run("CREATE TABLE T");
  s3.behave(({ key }) => (key.endsWith(".ion") ? "hang" : "take"));
  const asked = s3.asksFor(/\.ion$/);
  const id = await begin({ ExclusiveEndTime: after() });
  await asked;
  await server.close();
  server = await startExportServer(folder, {});
  expect((await ended(server.client, id)).Status).toBe("CANCELLED");
  expect(server.logged).toHaveLength(1);
});

test("deleting a ledger interrupts its export", async () => {
  await run("CREATE TABLE T");
  s3.behave(({ key }) => (key.endsWith(".ion") ? "hang" : "take"));
  const asked = s3.asksFor(/\.ion$/);
  await begin({ ExclusiveEndTime: after() });
  await asked;
  await server.client.send(new UpdateLedgerCommand({ Name: "demo", DeletionProtection: false }));
  await server.client.send(new DeleteLedgerCommand({ Name: "demo" }));
  expect((await server.client.send(new ListJournalS3ExportsCommand({}))).JournalS3Exports).toEqual([]);
  expect(server.logged).toEqual([]);
});

test.each([
  [{}, /AWS_ENDPOINT_URL_S3 \(or AWS_ENDPOINT_URL\), AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY/],
  [{ AWS_ENDPOINT_URL: "http://127.0.0.1:1", AWS_ACCESS_KEY_ID: "x" }, /lacks AWS_SECRET_ACCESS_KEY$/],
])("without an S3 in the environment (%j) the request says what is missing", async (env, message) => {
  await server.close();
  server = await startExportServer(folder, env);
  await expect(begin()).rejects.toMatchObject({
    name: "ResourcePreconditionNotMetException",
    message: expect.stringMatching(message),
    $metadata: { httpStatusCode: 412 },
  });
});
