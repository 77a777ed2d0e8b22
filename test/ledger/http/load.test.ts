import { once } from "node:events";
import { connect as dial, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { connect, startServer, type TestServer } from "../server.ts";
import { RawSession, send } from "../session/client.ts";

let server: TestServer | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server?.close();
});

/** Begins a request that announces a body and sends none of it. */
async function beginRequest(url: string, length: number): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = dial(Number(port), hostname);
  sockets.push(socket);
  await once(socket, "connect");
  const lines = [
    "POST / HTTP/1.1",
    `Host: ${hostname}:${port}`,
    "Authorization: AWS4-HMAC-SHA256 made up",
    "X-Amz-Target: QLDBSession.SendCommand",
    "Content-Type: application/x-amz-json-1.0",
    `Content-Length: ${length}`,
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  return socket;
}

const startSession = { StartSession: { LedgerName: "demo" } };

/** The status of the answer that comes to what was begun. */
async function answered(socket: Socket): Promise<string> {
  const [bytes] = (await once(socket, "data")) as [Buffer];
  return bytes.toString("latin1").slice(9, 12);
}

test("too much that is under way: 503 with an error that drivers try again after, until it is less", async () => {
  server = await startServer({ requests: 100, bytes: 1 << 20 });
  const { url } = server;
  const [half, large] = ["x".repeat(300 << 10), JSON.stringify({ ...startSession, more: "x".repeat(500 << 10) })];
  const socket = await beginRequest(url, half.length + 1);
  socket.write(half);
  await expect.poll(async () => (await send(url, large)).status).toBe(503);
  const refused = await send(url, large);
  expect(refused.headers.get("x-amzn-errortype")).toBe("CapacityExceededException");
  expect(refused.body).toMatchObject({ __type: "CapacityExceededException" });
  socket.destroy();
  await expect.poll(async () => (await send(url, large)).status).toBe(200);
});

test("bodies whose rest never comes hold up nobody: what was announced takes no room, and what has come only half of it", async () => {
  server = await startServer({ requests: 100, bytes: 1 << 20 });
  const { url } = server;
  for (let count = 0; count < 40; count++) await beginRequest(url, 8 << 20);
  const large = JSON.stringify({ ...startSession, more: "x".repeat(200 << 10) });
  expect((await send(url, large)).status).toBe(200);
  const full = await beginRequest(url, 8 << 20);
  full.write("x".repeat(600 << 10));
  expect(await answered(full)).toBe("503");
  const held = await Promise.all([1, 2, 3].map(() => beginRequest(url, 8 << 20)));
  for (const socket of held) socket.write("x".repeat(150 << 10));
  await expect.poll(async () => (await send(url, large)).status).toBe(503);
  for (let count = 0; count < 20; count++) expect((await send(url, startSession)).status).toBe(200);
});

test("so many requests at once, not more", async () => {
  server = await startServer({ requests: 3, bytes: 1 << 20 });
  const { url } = server;
  const held = await Promise.all([1, 2, 3].map(() => beginRequest(url, 10)));
  await expect.poll(async () => (await send(url, startSession)).status).toBe(503);
  for (const socket of held) socket.destroy();
  await expect.poll(async () => (await send(url, startSession)).status).toBe(200);
});

test("the official driver gets through once the load is over", async () => {
  server = await startServer({ requests: 2, bytes: 1 << 20 });
  const { url } = server;
  const held = await Promise.all([1, 2].map(() => beginRequest(url, 10)));
  await expect.poll(async () => (await send(url, startSession)).status).toBe(503);
  const driver = connect(url, { retries: 50 });
  const created = driver.executeLambda((transaction) => transaction.execute("CREATE TABLE T"));
  for (const socket of held) socket.destroy();
  await created;
  driver.close();
});

test("clients that never take their answers hold up nobody", async () => {
  server = await startServer();
  const { url } = server;
  const setup = await RawSession.start(url);
  await setup.run("CREATE TABLE T");
  for (let count = 0; count < 12; count++) await setup.run(`INSERT INTO T {'text': '${"x".repeat(90_000)}'}`);
  const held: Socket[] = [];
  for (let count = 0; count < 5; count++) {
    const session = await RawSession.start(url);
    const { id } = await session.begin();
    const body = JSON.stringify({ SessionToken: session.token, ExecuteStatement: { TransactionId: id, Statement: "SELECT * FROM T" } });
    const socket = await beginRequest(url, Buffer.byteLength(body));
    socket.pause();
    socket.write(body);
    held.push(socket);
  }
  for (let count = 0; count < 20; count++) expect(await setup.run("SELECT COUNT(*) FROM T")).toEqual(["{_1:12}"]);
  for (const socket of held) socket.resetAndDestroy();
  expect(await setup.run("SELECT COUNT(*) FROM T")).toEqual(["{_1:12}"]);
  expect(server.logged).toEqual([]);
});
