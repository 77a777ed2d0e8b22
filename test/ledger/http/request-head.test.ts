import { afterAll, beforeAll, expect, test } from "vitest";
import type { RequestHead } from "../../../ledger/http/request-head.ts";
import { dial, type EchoServer, responses, startEcho, talk } from "./echo-server.ts";

let echo: EchoServer;
beforeAll(async () => {
  echo = await startEcho();
});
afterAll(async () => {
  await echo.server.stop(0);
});

/** A head of these lines, after a sound first one. */
function lines(...headers: readonly string[]): string {
  return ["POST / HTTP/1.1", ...headers].join("\r\n");
}

/** Sends a head that is sound, with what comes after it. @returns what the service was asked */
async function read(head: string, body = ""): Promise<RequestHead | undefined> {
  echo.service.head = undefined;
  const text = await talk(echo.port, [`${head}\r\n\r\n${body}`]);
  expect(
    responses(text)
      .filter(({ status }) => status !== 100)
      .map(({ status }) => status),
  ).toEqual([200]);
  return echo.service.head;
}

/** Sends a head that is refused before any service hears of it, with a sound request after it. @returns the only answer's status */
async function refused(head: string): Promise<number | undefined> {
  const { begun } = echo.service;
  const { socket, text, closed } = await dial(echo.port);
  socket.write(Buffer.from(`${head}\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n`, "latin1"));
  await closed;
  expect(echo.service.begun, text()).toBe(begun);
  const [answer, ...more] = responses(text());
  expect(more).toEqual([]);
  expect(answer?.head).toContain("\r\nConnection: close");
  return answer?.status;
}

test("what an SDK sends", async () => {
  const head = await read(
    lines(
      "Host: 127.0.0.1:8080",
      "User-Agent: aws-sdk-go-v2/1.24.1 os/linux",
      "Content-Length: 345",
      "Authorization: AWS4-HMAC-SHA256 Credential=x",
      "Content-Type: application/x-amz-json-1.0",
      "X-Amz-Target: QLDBSession.SendCommand",
      "Accept-Encoding: gzip",
    ),
    "x".repeat(345),
  );
  expect(head).toEqual({
    method: "POST",
    target: "/",
    keepAlive: true,
    length: 345,
    expectsContinue: false,
    host: "127.0.0.1:8080",
    origin: undefined,
    authorization: "AWS4-HMAC-SHA256 Credential=x",
    operation: "QLDBSession.SendCommand",
    userAgent: "aws-sdk-go-v2/1.24.1 os/linux",
  });
});

test("names of any case, blanks and tabs around values, values above ASCII, empty ones", async () => {
  expect(await read(lines("hOsT: \t a.b \t", "ORIGIN:"))).toMatchObject({ host: "a.b", origin: "" });
  expect(await read(lines("Host:x", "X-Any: \u00e4\u00ff  ~", "Authorization: \u00a0x\u00a0"))).toMatchObject({
    host: "x",
    authorization: "\u00a0x\u00a0",
  });
});

test("bodies: none, of a length, in chunks", async () => {
  expect((await read(lines("Host: x")))?.length).toBe(0);
  expect((await read(lines("Host: x", "Content-Length: 0")))?.length).toBe(0);
  expect((await read(lines("Host: x", "content-length:  007 "), "1234567"))?.length).toBe(7);
  expect(await read(lines("Host: x", "Transfer-Encoding: Chunked"), "0\r\n\r\n")).toMatchObject({ length: undefined });
});

test("connections: kept but for close, in HTTP/1.0 the other way round", async () => {
  expect((await read(lines("Host: x", "Connection: close")))?.keepAlive).toBe(false);
  expect((await read(lines("Host: x", "Connection: Keep-Alive, CLOSE")))?.keepAlive).toBe(false);
  expect((await read(lines("Host: x", "Connection: te", "Connection: close")))?.keepAlive).toBe(false);
  expect((await read(lines("Host: x", "Connection: enclosed")))?.keepAlive).toBe(true);
  expect((await read(lines("Host: x", "Connection: keep-alive, Upgrade", "Upgrade: h2c")))?.keepAlive).toBe(false);
  expect((await read("GET / HTTP/1.0"))?.keepAlive).toBe(false);
  expect((await read("GET / HTTP/1.0\r\nConnection: keep-alive"))?.keepAlive).toBe(true);
  expect((await read("GET / HTTP/1.0\r\nConnection: keep-alive, close"))?.keepAlive).toBe(false);
});

test("Expect: 100-continue, which HTTP/1.0 does not have", async () => {
  expect((await read(lines("Host: x", "Expect: 100-Continue")))?.expectsContinue).toBe(true);
  expect((await read("POST / HTTP/1.0\r\nExpect: 100-continue"))?.expectsContinue).toBe(false);
  expect(await refused(lines("Host: x", "Expect: everything"))).toBe(417);
});

test.each<readonly [string, string, number]>([
  ["no version", "GET /", 505],
  ["a blank after it", "GET / HTTP/1.1 \r\nHost: x", 400],
  ["a tab", "GET\t/ HTTP/1.1\r\nHost: x", 400],
  ["a blank in the path", "GET /a b HTTP/1.1\r\nHost: x", 400],
  ["a path above ASCII", "GET /\u00e4 HTTP/1.1\r\nHost: x", 400],
  ["a method that is no name", "GE(T / HTTP/1.1\r\nHost: x", 400],
  ["a lower-case protocol", "GET / http/1.1\r\nHost: x", 400],
  ["two digits of a version", "GET / HTTP/1.10\r\nHost: x", 400],
  ["a method in small letters", "get / HTTP/1.1\r\nHost: x", 400],
  ["the end of a body before it", "helloPOST / HTTP/1.1\r\nHost: x", 400],
  ["HTTP/1.2", "GET / HTTP/1.2\r\nHost: x", 505],
  ["HTTP/2", "PRI * HTTP/2.0", 400],
  ["HTTP/2 in a sound method", "GET / HTTP/2.0\r\nHost: x", 505],
  ["HTTP/0.9", "GET / HTTP/0.9", 505],
])("a first line with %s is refused", async (_what, text, status) => {
  expect(await refused(text)).toBe(status);
});

test.each<readonly [string, readonly string[], number]>([
  ["no host", [], 400],
  ["two hosts", ["Host: x", "Host: x"], 400],
  ["a blank before the colon", ["Host: x", "Origin : y"], 400],
  ["a blank before the name", [" Host: x"], 400],
  ["a continued line", ["Host: x", "X-Any: a", " b"], 400],
  ["a line continued with a tab", ["Host: x", "X-Any: a", "\tb"], 400],
  ["no colon", ["Host: x", "Nonsense"], 400],
  ["no name", ["Host: x", ": y"], 400],
  ["a name that is none", ["Host: x", "X{Any: y"], 400],
  ["a name above ASCII", ["Host: x", "X-\u00c4ny: y"], 400],
  ["a line feed alone", ["Host: x\nContent-Length: 5"], 400],
  ["a carriage return alone", ["Host: x\rContent-Length: 5"], 400],
  ["a carriage return at the end", ["Host: x\r"], 400],
  ["a NUL", ["Host: x\0"], 400],
  ["a DEL", ["Host: x\u007f"], 400],
  ["both a length and chunks", ["Host: x", "Content-Length: 5", "Transfer-Encoding: chunked"], 400],
  ["chunks and a length", ["Host: x", "Transfer-Encoding: chunked", "Content-Length: 5"], 400],
  ["two lengths", ["Host: x", "Content-Length: 5", "Content-Length: 6"], 400],
  ["the same length twice", ["Host: x", "Content-Length: 5", "Content-Length: 5"], 400],
  ["a list of lengths", ["Host: x", "Content-Length: 5, 5"], 400],
  ["a length with a sign", ["Host: x", "Content-Length: +5"], 400],
  ["a negative length", ["Host: x", "Content-Length: -5"], 400],
  ["a hexadecimal length", ["Host: x", "Content-Length: 0x5"], 400],
  ["a length with a comma", ["Host: x", "Content-Length: 5,"], 400],
  ["a length that is no exact number", ["Host: x", "Content-Length: 99999999999999999999"], 400],
  ["an empty length", ["Host: x", "Content-Length:"], 400],
  ["a length with a blank inside", ["Host: x", "Content-Length: 5 5"], 400],
  ["chunks twice", ["Host: x", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], 400],
  ["a coding that nobody knows", ["Host: x", "Transfer-Encoding: xchunked"], 501],
  ["a coding before the chunks", ["Host: x", "Transfer-Encoding: gzip, chunked"], 501],
  ["chunks in chunks", ["Host: x", "Transfer-Encoding: chunked, chunked"], 400],
  ["no coding", ["Host: x", "Transfer-Encoding: identity"], 501],
  ["an empty coding", ["Host: x", "Transfer-Encoding:"], 400],
  ["two expectations", ["Host: x", "Expect: 100-continue", "Expect: 100-continue"], 400],
])("headers with %s are refused", async (_what, headers, status) => {
  expect(await refused(lines(...headers))).toBe(status);
});

test("chunks in HTTP/1.0 are refused", async () => {
  expect(await refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked")).toBe(400);
});

test("names that every object has are no headers of ours", async () => {
  expect((await read(lines("Host: x", "constructor: a", "__proto__: b", "tostring: c", "valueOf: d")))?.host).toBe("x");
});

test("an empty line ends a head: what follows it is another request", async () => {
  const text = await talk(echo.port, [`${lines("Host: x", "", "X-Any: y")}\r\n\r\n`]);
  expect(responses(text).map(({ status }) => status)).toEqual([200, 400]);
});

test("empty lines before a request, and blanks before its path, are passed over", async () => {
  expect(await read("\r\n\r\nGET / HTTP/1.1\r\nHost: x")).toMatchObject({ method: "GET", target: "/" });
  expect(await read("GET  /a HTTP/1.1\r\nHost: x")).toMatchObject({ method: "GET", target: "/a" });
});

test("a header after thousands of others is seen", async () => {
  const others = Array.from({ length: 3000 }, () => "a:");
  expect(await read(lines("Host: x", ...others, "Origin: http://web.page"))).toMatchObject({ origin: "http://web.page" });
  expect(await refused(lines("Host: x", ...others, "Host: y"))).toBe(400);
});

test.each<readonly [string, string, number]>([
  ["a method", `${"a".repeat(60_000)}`, 400],
  ["a path", `GET /${"a".repeat(60_000)}`, 431],
  ["lines", lines("Host: x", `${"a: b\r\n".repeat(10_000)}\0`), 431],
  ["blanks", lines(`a:${" ".repeat(60_000)}\0`), 400],
])("a long head of what almost matches is refused: %s", async (_what, text, status) => {
  expect(await refused(text)).toBe(status);
});
