import { connect as openSocket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { writeText } from "../../../ledger/ion/text.ts";
import { sessionCommandNames } from "../../../ledger/session/requests.ts";
import { Fuzzing } from "../fuzzing.ts";
import { Grammar } from "../partiql/grammar.ts";
import { Random, randomDocument, randomValue } from "../random.ts";
import { startServer, type TestServer } from "../server.ts";
import { RawSession } from "../session/client.ts";

const fuzzing = new Fuzzing(4);
const signed = { authorization: "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/qldb/aws4_request, SignedHeaders=host, Signature=0" };
const sessionHeaders = { ...signed, "content-type": "application/x-amz-json-1.0", "x-amz-target": "QLDBSession.SendCommand" };

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await server.registry.update("demo", { deletionProtection: true });
  await (await RawSession.start(server.url)).run("CREATE TABLE T", "CREATE TABLE U", "CREATE INDEX ON T (a)");
});
afterAll(async () => {
  // It still does what it is there for, and nothing unexpected was logged.
  const session = await RawSession.start(server.url);
  await session.run("CREATE TABLE After", "INSERT INTO After VALUE {'sound': TRUE}");
  expect(await session.run("SELECT VALUE a.sound FROM After AS a")).toEqual(["true"]);
  await server.close();
  expect(server.logged).toEqual([]);
});

/** Sends a request. What is wrong with it is told by name; a failure of the server's own would have status 500. */
async function answered(path: string, method: string, headers: Record<string, string>, body: string | Buffer | undefined): Promise<number> {
  const sent = body === undefined ? {} : { body: typeof body === "string" ? body : new Uint8Array(body) };
  const response = await fetch(server.url + path, { method, headers, ...sent });
  const text = await response.text();
  const told = `${method} ${path} ${String(body).slice(0, 2000)} → ${response.status} ${text.slice(0, 500)}`;
  expect([200, 400, 403, 404, 409, 412, 503], told).toContain(response.status);
  if (response.status !== 200) expect(JSON.parse(text), told).toMatchObject({ __type: expect.any(String), Message: expect.any(String) });
  return response.status;
}

/** Some bytes changed, put in or left out. */
function damaged(bytes: Buffer, random: Random): Buffer {
  let result = Buffer.from(bytes);
  for (let change = random.below(4); change >= 0; change--) {
    const at = random.below(result.length + 1);
    const put = random.pick([
      Buffer.alloc(0),
      random.bytes(3),
      Buffer.from(random.pick(['"', "{", "}", "[", ",", "null", "1e999", "\\u0000"])),
    ]);
    result = Buffer.concat([result.subarray(0, at), put, result.subarray(at + random.below(3))]);
  }
  return result;
}

function anyJson(random: Random, depth = 2): unknown {
  const kinds: readonly (() => unknown)[] = [
    () => random.pick([null, true, false, 0, -1, 1.5, 1e308, "", "demo", "x".repeat(2000), "T", "e00100ea", "4AEA"]),
    () => Array.from({ length: random.below(4) }, () => anyJson(random, depth - 1)),
    () =>
      Object.fromEntries(
        Array.from({ length: random.below(4) }, () => [
          random.pick(["IonBinary", "IonText", "LedgerName", "__proto__", "a"]),
          anyJson(random, depth - 1),
        ]),
      ),
  ];
  return depth === 0 ? kinds[0]?.() : random.pick(kinds)();
}

test("requests with anything in them", fuzzing.options, async () => {
  const random = new Random(fuzzing.seed(51));
  let accepted = 0;
  for (const round of fuzzing.rounds(400)) {
    if (round % 50 === 0) server.advance(60_000);
    const session = await RawSession.start(server.url);
    const { TransactionId } = await session.command("StartTransaction", {});
    const command: Record<string, unknown> = {
      TransactionId,
      LedgerName: "demo",
      Statement: "SELECT * FROM T",
      Parameters: [],
      CommitDigest: "",
      NextPageToken: "aaaa",
    };
    const request: Record<string, unknown> = { SessionToken: session.token, [random.pick(sessionCommandNames)]: command };
    const some = random.pick([request, command]);
    for (let change = random.below(3); change > 0; change--)
      some[random.pick([...Object.keys(some), ...sessionCommandNames])] = anyJson(random);
    const text = Buffer.from(JSON.stringify(request));
    const body = random.pick([text, text, damaged(text, random), random.bytes(200)]);
    if ((await answered("/", "POST", sessionHeaders, body)) === 200) accepted++;
    await session.command("EndSession", {}).catch(() => undefined);
  }
  expect(accepted).toBeGreaterThan(10);
});

test("statements with damaged Ion for parameters", fuzzing.options, async () => {
  const random = new Random(fuzzing.seed(52));
  const grammar = new Grammar(random);
  let accepted = 0;
  for (const round of fuzzing.rounds(40)) {
    if (round % 10 === 0) server.advance(60_000);
    const session = await RawSession.start(server.url);
    const { TransactionId } = await session.command("StartTransaction", {});
    for (let count = 0; count < 20; count++) {
      const document = randomDocument(random);
      const binary = random.pick([writeBinary(document), damaged(writeBinary(document), random), random.bytes(40)]);
      const text = Buffer.from(writeText(randomValue(random, 1)));
      const parameter = random.pick([{ IonBinary: binary.toString("base64") }, { IonText: damaged(text, random).toString("latin1") }]);
      const statement = random.pick(["INSERT INTO T ?", "SELECT * FROM T WHERE a = ?", "UPDATE T SET a = ?", grammar.statement()]);
      const Parameters = Array.from({ length: statement.split("?").length - 1 }, () => parameter);
      const request = { SessionToken: session.token, ExecuteStatement: { TransactionId, Statement: statement, Parameters } };
      if ((await answered("/", "POST", sessionHeaders, JSON.stringify(request))) === 200) accepted++;
    }
    await session.command("EndSession", {}).catch(() => undefined);
  }
  expect(accepted).toBeGreaterThan(100);
});

test("the control plane with anything for paths and bodies", fuzzing.options, async () => {
  const random = new Random(fuzzing.seed(53));
  const parts = [
    "ledgers",
    "demo",
    "tags",
    "digest",
    "block",
    "revision",
    "permissions-mode",
    "journal-s3-exports",
    "%00",
    "%",
    "..",
    "x--y",
    "",
    "é",
  ];
  const fields = [
    "Name",
    "PermissionsMode",
    "DeletionProtection",
    "Tags",
    "BlockAddress",
    "DigestTipAddress",
    "DocumentId",
    "IonText",
    "a",
  ];
  const texts = ["demo", "ALLOW_ALL", "STANDARD", '{strandId: "a", sequenceNo: 0}', "{", "x"];
  for (const _ of fuzzing.rounds(600)) {
    const path = `/${Array.from({ length: random.below(4) }, () => random.pick(parts)).join("/")}${random.pick(["", "?max_results=x", "?next_token=%ff", "?a[]=1"])}`;
    const method = random.pick(["GET", "POST", "PATCH", "DELETE", "PUT"]);
    // The ledger of the other tests stays.
    if (method === "DELETE" || (method === "PATCH" && path.includes("demo"))) continue;
    const content = Object.fromEntries(
      Array.from({ length: random.below(5) }, () => [
        random.pick(fields),
        random.pick([random.pick(texts), { IonText: random.pick(texts) }, anyJson(random)]),
      ]),
    );
    const body =
      method === "GET" ? undefined : random.pick([JSON.stringify(content), damaged(Buffer.from(JSON.stringify(content)), random)]);
    await answered(path, method, { ...signed, "content-type": "application/json" }, body);
  }
});

test("bytes that are no HTTP", fuzzing.options, async () => {
  const random = new Random(fuzzing.seed(54));
  const { hostname, port } = new URL(server.url);
  const sound = Buffer.from(`POST / HTTP/1.1\r\nHost: ${hostname}\r\nx-amz-target: QLDBSession.SendCommand\r\nContent-Length: 2\r\n\r\n{}`);
  for (const _ of fuzzing.rounds(100)) {
    await new Promise<void>((resolve) => {
      const socket = openSocket(Number(port), hostname, () => {
        socket.end(random.pick([damaged(sound, random), random.bytes(300), sound.subarray(0, random.below(sound.length))]));
      });
      socket.on("data", () => undefined);
      socket.on("error", () => undefined);
      socket.on("close", () => resolve());
    });
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  }
});
