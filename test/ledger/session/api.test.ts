import { connect as connectSocket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer, type TestServer } from "../server.ts";
import { RawSession, send } from "./client.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server.close();
  expect(server.logged).toEqual([]);
});

const start = { StartSession: { LedgerName: "demo" } };

test("an error: its name in a header and in the body, a message, and no code", async () => {
  const { status, headers, body } = await send(server.url, { StartSession: { LedgerName: "nothing" } });
  expect(status).toBe(400);
  expect(headers.get("x-amzn-errortype")).toBe("BadRequestException");
  expect(headers.get("content-type")).toBe("application/x-amz-json-1.0");
  expect(body).toEqual({ __type: "BadRequestException", Message: "The Ledger with name nothing is not found" });
});

test("the answer repeats the command and tells the time it took", async () => {
  const { status, headers, body } = await send(server.url, start);
  expect(status).toBe(200);
  expect(headers.get("x-amzn-requestid")).toMatch(/^\w{22}$/);
  expect(body).toEqual({
    StartSession: {
      SessionToken: expect.stringMatching(/^[A-Za-z0-9+/=-]{4,1024}$/),
      TimingInformation: { ProcessingTimeMilliseconds: expect.any(Number) },
    },
  });
});

test.each<readonly [string, unknown, string]>([
  ["no command", {}, "exactly one command"],
  ["two commands", { ...start, EndSession: {} }, "exactly one command"],
  ["an unknown command", { Nonsense: {} }, "exactly one command"],
  ["a list", [], "the request has to be an object"],
  ["a command that is no object", { StartSession: "demo" }, "StartSession has to be an object"],
  ["no JSON", "{", "the request is not JSON"],
  ["a ledger's name that is too long", { StartSession: { LedgerName: "x".repeat(33) } }, "LedgerName has 33 characters"],
  ["a ledger's name of digits", { StartSession: { LedgerName: "123" } }, "LedgerName has a form"],
  ["a token with StartSession", { SessionToken: "abcd", ...start }, "StartSession takes no SessionToken"],
  ["no token", { StartTransaction: {} }, "SessionToken is required"],
  ["a token that is too short", { SessionToken: "abc", StartTransaction: {} }, "SessionToken has 3 characters"],
  ["a token of other characters", { SessionToken: "ab cd", StartTransaction: {} }, "SessionToken has a form"],
])("refuses %s", async (_what, body, message) => {
  const answer = await send(server.url, body);
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({ __type: "BadRequestException", Message: expect.stringContaining(message) });
});

test("a session that there is not", async () => {
  const { status, body } = await send(server.url, { SessionToken: "abcd", StartTransaction: {} });
  expect([status, body]).toEqual([400, { __type: "InvalidSessionException", Message: "No such session" }]);
});

test("an ended session is none", async () => {
  const session = await RawSession.start(server.url);
  await session.command("EndSession", {});
  await expect(session.begin()).rejects.toMatchObject({ type: "InvalidSessionException", message: "No such session" });
});

test("parameters: as Ion binary or text, else refused", async () => {
  const session = await RawSession.start(server.url);
  const { id } = await session.begin();
  const execute = (Parameters: unknown, Statement: unknown = "SELECT VALUE ? FROM <<0>> AS x") =>
    session.command("ExecuteStatement", { TransactionId: id, Statement, Parameters });
  await expect(execute([{ IonText: "5" }])).resolves.toMatchObject({ FirstPage: { Values: [{ IonBinary: "4AEA6iEF" }] } });
  await expect(execute([{ IonBinary: "4AEA6iEF" }])).resolves.toMatchObject({ FirstPage: { Values: [{ IonBinary: "4AEA6iEF" }] } });
  await expect(execute(5)).rejects.toThrow("Parameters has to be a list");
  await expect(execute([5])).rejects.toThrow("Parameters[0] has to be an object");
  await expect(execute([{}])).rejects.toThrow("Parameters[0] has neither IonBinary nor IonText");
  await expect(execute([{ IonBinary: "%%%" }])).rejects.toThrow("Parameters[0].IonBinary has to be base64");
  await expect(execute([{ IonBinary: "AAAA" }])).rejects.toThrow("Parameters[0] is not an Ion value");
  await expect(execute([{ IonText: "{" }])).rejects.toThrow("Parameters[0] is not an Ion value");
  await expect(execute([], "")).rejects.toThrow("Statement has 0 characters: allowed are 1 to 100000");
  await expect(execute([], "x".repeat(100_001))).rejects.toThrow("Statement has 100001 characters");
  await expect(execute([], 5)).rejects.toThrow("Statement is required");
  await expect(execute([])).rejects.toThrow("1 parameter(s), 0 were sent");
});

test("transactions: the id has to be the open one's", async () => {
  const session = await RawSession.start(server.url);
  const { id } = await session.begin();
  const other = `${id.slice(0, -1)}${id.endsWith("0") ? "1" : "0"}`;
  for (const command of ["ExecuteStatement", "FetchPage", "CommitTransaction"]) {
    const body = { TransactionId: other, Statement: "SELECT 1", NextPageToken: "abcd", CommitDigest: "" };
    await expect(session.command(command, body)).rejects.toThrow(`Transaction ${other} is not open in this session`);
    await expect(session.command(command, { ...body, TransactionId: "short" })).rejects.toThrow("TransactionId has 5 characters");
  }
  await session.command("AbortTransaction", {});
  await session.command("AbortTransaction", {});
  await expect(session.command("CommitTransaction", { TransactionId: id, CommitDigest: "" })).rejects.toThrow("is not open");
});

test("a session has one transaction at a time", async () => {
  const session = await RawSession.start(server.url);
  const transaction = await session.begin();
  await expect(session.begin()).rejects.toMatchObject({ type: "BadRequestException", message: "Transaction already open" });
  expect(await transaction.execute("SELECT VALUE 1 FROM <<0>> AS x")).toEqual(["1"]);
  await transaction.commit();
  const next = await session.begin();
  await session.command("AbortTransaction", {});
  expect((await session.begin()).id).not.toBe(next.id);
});

test("one that is open and has expired ends its session", async () => {
  const own = await startServer();
  const session = await RawSession.start(own.url);
  const { id } = await session.begin();
  own.advance(31_000);
  await expect(session.begin()).rejects.toMatchObject({ type: "InvalidSessionException", message: `Transaction ${id} has expired` });
  await own.close();
});

test("pages: each token once, rows while they are asked for", async () => {
  const session = await RawSession.start(server.url);
  const transaction = await session.begin();
  const numbers = Array.from({ length: 7 }, (_, index) => index).join(", ");
  const rows = await transaction.execute(`SELECT a, b, c FROM <<${numbers}>> AS a, <<${numbers}>> AS b, <<${numbers}>> AS c`);
  expect(rows).toHaveLength(343);
  expect(new Set(rows).size).toBe(343);
  expect(transaction.pages).toBe(4);
  const again = await session.command("ExecuteStatement", {
    TransactionId: transaction.id,
    Statement: `SELECT a, b, c FROM <<${numbers}>> AS a, <<${numbers}>> AS b, <<${numbers}>> AS c`,
  });
  const fetch = { TransactionId: transaction.id, NextPageToken: again.FirstPage?.NextPageToken };
  await session.command("FetchPage", fetch);
  await expect(session.command("FetchPage", fetch)).rejects.toThrow("Invalid NextPageToken");
});

test("exactly a full page has no token", async () => {
  const session = await RawSession.start(server.url);
  const transaction = await session.begin();
  const numbers = Array.from({ length: 10 }, (_, index) => index).join(", ");
  expect(await transaction.execute(`SELECT a, b FROM <<${numbers}>> AS a, <<${numbers}>> AS b`)).toHaveLength(100);
  expect(transaction.pages).toBe(1);
});

test("reads of the six-way self join of three documents: 3 + 9 + … + 729 = 1092", async () => {
  const session = await RawSession.start(server.url);
  await session.run("CREATE TABLE Six", "INSERT INTO Six <<{'n': 1}, {'n': 2}, {'n': 3}>>");
  const transaction = await session.begin();
  const rows = await transaction.execute("SELECT * FROM Six as a, Six as b, Six as c, Six as d, Six as e, Six as f");
  expect(rows).toHaveLength(729);
  expect(rows[0]).toBe("{n:1,n:1,n:1,n:1,n:1,n:1}");
  expect(transaction.pages).toBeGreaterThan(1);
  expect(transaction.usage).toEqual({ ReadIOs: 1092, WriteIOs: 0 });
  await expect(transaction.commit()).resolves.toMatchObject({ TransactionId: transaction.id });
});

test("what writes cost", async () => {
  const session = await RawSession.start(server.url);
  const transaction = await session.begin();
  await transaction.execute("CREATE TABLE Costs");
  await transaction.execute("INSERT INTO Costs <<{'n': 1}, {'n': 2}>>");
  expect(transaction.usage.WriteIOs).toBe(3);
  await transaction.commit();
});

test("1500 sessions of a ledger, not more", async () => {
  const own = await startServer();
  const ledger = own.registry.ledger("demo");
  if (ledger === undefined) throw new Error("no ledger");
  const sessions = Array.from({ length: 1500 }, () => own.sessions.start(ledger));
  const { status, body } = await send(own.url, start);
  expect([status, body.__type]).toEqual([400, "LimitExceededException"]);
  expect(body.Message).toBe("the limit of 1500 sessions of a ledger is reached");
  await own.registry.create({ name: "other", permissionsMode: "STANDARD", deletionProtection: false, tags: {} });
  const { body: other } = await send(own.url, { StartSession: { LedgerName: "other" } });
  const { SessionToken } = other.StartSession as { SessionToken: string };
  expect((await send(own.url, { SessionToken, EndSession: {} })).status).toBe(200);
  expect((await send(own.url, start)).status).toBe(400);
  const [first] = sessions;
  if (first !== undefined) own.sessions.end(first);
  expect((await send(own.url, start)).status).toBe(200);
  expect((await send(own.url, start)).status).toBe(400);
  own.advance(18 * 60_000);
  expect((await send(own.url, start)).status).toBe(200);
  await own.close();
});

test("requests of web pages, of foreign names and without a signature are refused", async () => {
  const refused = async (headers: Record<string, string>) => {
    const { status, body } = await send(server.url, start, headers);
    return [status, body.__type];
  };
  expect(await refused({ origin: "http://localhost:3000" })).toEqual([403, "AccessDeniedException"]);
  expect(await refused({ authorization: "Bearer x" })).toEqual([403, "AccessDeniedException"]);
  expect(await refused({ authorization: "" })).toEqual([403, "AccessDeniedException"]);
  const { port } = new URL(server.url);
  const status = (host: string, path = "/healthz") =>
    raw(Number(port), `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  expect(await status("evil.example")).toContain("HTTP/1.1 403");
  expect(await status(`evil.example:${port}`)).toContain('host \\"evil.example');
  for (const host of ["localhost", "127.0.0.1", `[::1]:${port}`, "ledger:8080", "demo.localhost", "Ledger.Example"]) {
    expect(await status(host), host).toContain("200 OK");
  }
  expect(await status("localhost", "/ledgers")).toContain("AccessDeniedException");
});

test("an unknown target, path or URL", async () => {
  const { status, body } = await send(server.url, start, { "x-amz-target": "QLDBSession.Nonsense" });
  expect([status, body.__type]).toEqual([400, "UnknownOperationException"]);
  const port = Number(new URL(server.url).port);
  expect(await raw(port, "GET // HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).toContain("HTTP/1.1 400");
  expect(await raw(port, "nonsense\r\n\r\n")).toContain("HTTP/1.1 400");
});

test("a body that is too large is refused, whether it says its length or not", async () => {
  const large = await send(server.url, JSON.stringify({ ...start, padding: "x".repeat(8 << 20) })).catch((error: unknown) => error);
  // A client that is still sending may see its connection end instead of the answer.
  if (!(large instanceof Error)) expect(large).toMatchObject({ status: 400, body: { __type: "BadRequestException" } });
  const port = Number(new URL(server.url).port);
  const head = "POST / HTTP/1.1\r\nHost: localhost\r\nAuthorization: AWS4-HMAC-SHA256 x\r\nX-Amz-Target: QLDBSession.SendCommand\r\n";
  expect(await raw(port, `${head}Content-Length: 99999999\r\n\r\n`)).toContain("x-amzn-ErrorType: BadRequestException\r\n");
  const control = "POST /ledgers HTTP/1.1\r\nHost: localhost\r\nAuthorization: AWS4-HMAC-SHA256 x\r\n";
  expect(await raw(port, `${control}Content-Length: 99999999\r\n\r\n`)).toContain("x-amzn-ErrorType: InvalidParameterException\r\n");
  expect((await send(server.url, start)).status).toBe(200);
});

test("a client that goes away in the middle of its request leaves no trace", async () => {
  const port = Number(new URL(server.url).port);
  const head = "POST / HTTP/1.1\r\nHost: localhost\r\nAuthorization: AWS4-HMAC-SHA256 x\r\nX-Amz-Target: QLDBSession.SendCommand\r\n";
  await new Promise<void>((resolve) => {
    const socket = connectSocket(port, "127.0.0.1", () => {
      socket.write(`${head}Content-Length: 1000\r\n\r\n{"Start`, () => socket.destroy());
    });
    socket.on("close", () => resolve());
  });
  expect((await send(server.url, start)).status).toBe(200);
  expect(server.logged).toEqual([]);
});

/** Sends bytes as they are. @returns everything that comes back until the connection ends */
function raw(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket(port, "127.0.0.1", () => socket.write(request));
    let answer = "";
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      answer += text;
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
  });
}
