import { afterAll, beforeAll, expect, test } from "vitest";
import { writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { blob, bool, type IonValue, int, ionLimits, list } from "../../../ledger/ion/value.ts";
import { limits } from "../../../ledger/transaction/commit.ts";
import { startServer, type TestServer } from "../server.ts";
import { RawSession, send } from "./client.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** Sends a statement of one parameter, and gives what came back. */
async function sent(parameter: Record<string, string>, ...more: Record<string, string>[]) {
  const session = await RawSession.start(server.url);
  const { id } = await session.begin();
  const Statement = `SELECT VALUE SIZE(<<${[parameter, ...more].map(() => "?").join(", ")}>>) FROM <<0>>`;
  const ExecuteStatement = { TransactionId: id, Statement, Parameters: [parameter, ...more] };
  const { status, body } = await send(server.url, { SessionToken: session.token, ExecuteStatement });
  return { status, type: body.__type, message: body.Message };
}

const holder = (value: IonValue | Buffer) => ({
  IonBinary: (Buffer.isBuffer(value) ? value : writeBinary(value)).toString("base64"),
});
/** A blob whose encoding has so many bytes, 16 KB at least: a version marker of 4 bytes, a descriptor, a length of 3 bytes. */
const blobOf = (bytes: number) => holder(blob(Buffer.alloc(bytes - 8)));
const largest = blobOf(128 << 10);

test("a parameter of 128 KB is taken, more is refused", async () => {
  expect(await sent(largest)).toEqual({ status: 200 });
  expect(await sent(blobOf(16 << 10), blobOf((128 << 10) + 1))).toEqual({
    status: 400,
    type: "BadRequestException",
    message: "Parameters[1].IonBinary has 131073 bytes: it exceeds the limit of 131072 bytes",
  });
});

test("parameters of 4 MB together are taken, more is refused", async () => {
  const all = Array.from({ length: 31 }, () => largest);
  expect(await sent(largest, ...all)).toEqual({ status: 200 });
  const refused = { status: 400, type: "BadRequestException", message: expect.stringMatching(/more than 4194304 bytes/) };
  expect(await sent(largest, ...all, holder(int(1)))).toEqual(refused);
  expect(server.logged).toEqual([]);
});

test.each(["a", "aGVsbG8", "aGVs bG8=", "aGVsbG9=", "aGVs-G8=", "aGVsbG8=\n"])("%j is not base64", async (IonBinary) => {
  expect(await sent({ IonBinary })).toMatchObject({ status: 400, message: "Parameters[0].IonBinary has to be base64" });
});

test("the values of all parameters together are counted", async () => {
  const half = list(Array.from({ length: ionLimits.values / 2 }, () => bool(true)));
  expect(await sent(holder(half))).toEqual({ status: 200 });
  expect(await sent(holder(half), holder(half))).toMatchObject({
    type: "BadRequestException",
    message: expect.stringMatching(/^Parameters\[1\] is not an Ion value: there are too many values/),
  });
});

test("a number has at most as many bytes as the README says, whatever it is sent as", async () => {
  const most = 256n ** BigInt(ionLimits.numberBytes) - 1n;
  expect(await sent(holder(int(most)))).toEqual({ status: 200 });
  expect(await sent(holder(int(most + 1n)))).toMatchObject({ type: "BadRequestException" });
  expect(await sent({ IonText: "9".repeat(ionLimits.digits) })).toEqual({ status: 200 });
  expect(await sent({ IonText: `[0.${"9".repeat(ionLimits.digits)}]` })).toMatchObject({ type: "BadRequestException" });
  expect(await sent({ IonText: "9".repeat(1_000_000) })).toMatchObject({ type: "BadRequestException" });
  expect(await sent({ IonText: `["${"9".repeat(20_000)}", '${"9".repeat(20_000)}', {{${"9999".repeat(5_000)}}}]` })).toEqual({
    status: 200,
  });
});

test("Ion text of 1 MB is taken, more is refused, and more than 4 MB in all", async () => {
  const long = (characters: number) => ({ IonText: `["${"x".repeat(characters - 200_004)}",${"1,".repeat(99_999)}1]` });
  const largest = 1 << 20;
  expect(await sent(long(largest))).toEqual({ status: 200 });
  expect(await sent(long(largest + 1))).toEqual({
    status: 400,
    type: "BadRequestException",
    message: "Parameters[0].IonText has 1048577 characters: it exceeds the limit of 1048576",
  });
  const text = { IonText: `"${"x".repeat(largest - 2)}"` };
  expect(await sent(text, text, text, text)).toEqual({ status: 200 });
  expect(await sent(text, text, text, text, { IonText: "1" })).toMatchObject({ message: expect.stringMatching(/more than 4194304 bytes/) });
});

test("what open transactions were sent is counted until they end", async () => {
  const small = await startServer(undefined, 1 << 20);
  try {
    const [a, b] = [await RawSession.start(small.url), await RawSession.start(small.url)];
    const first = await a.begin();
    const second = await b.begin();
    const text = `"${"x".repeat(90_000)}"`;
    const insert = (times: number) => `SELECT VALUE 1 FROM <<${Array.from({ length: times }, () => "?").join(", ")}>>`;
    const texts = (times: number) => Array.from({ length: times }, () => text);
    await first.execute(insert(8), ...texts(8));
    const refused = { type: "CapacityExceededException" };
    await expect(second.execute(insert(8), ...texts(8))).rejects.toMatchObject(refused);
    await a.command("AbortTransaction", {});
    await b.command("AbortTransaction", {});
    await (await b.begin()).execute(insert(8), ...texts(8));
  } finally {
    await small.close();
  }
});

test("a request of many values is refused before it is read", async () => {
  const session = await RawSession.start(server.url);
  const many = Array.from({ length: 160_000 }, () => 1);
  expect(await send(server.url, { SessionToken: session.token, ExecuteStatement: { Parameters: many } })).toMatchObject({
    status: 400,
    body: { __type: "BadRequestException", Message: "the request has more than 150000 values of JSON" },
  });
});

test("a transaction's documents have so many values, and not more", async () => {
  const session = await RawSession.start(server.url);
  await session.run("CREATE TABLE Many");
  const transaction = await session.begin();
  const half = list(Array.from({ length: limits.values / 4 }, () => bool(true)));
  for (let count = 0; count < 3; count++) await transaction.execute("INSERT INTO Many {'l': ?}", half);
  await expect(transaction.execute("INSERT INTO Many {'l': ?}", half)).rejects.toMatchObject({
    type: "BadRequestException",
    message: `Number of values in a transaction exceeds the limit of ${limits.values}`,
  });
  await transaction.commit();
  expect(await session.run("SELECT VALUE SIZE(v.l) FROM Many AS v")).toHaveLength(3);
});
