import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { dial, type EchoServer, echoes, responses, startEcho, talk } from "./echo-server.ts";

let echo: EchoServer;
beforeAll(async () => {
  echo = await startEcho();
});
afterAll(async () => {
  await echo.server.stop(0);
  await vi.waitFor(() => expect(echo.service.over).toBe(echo.service.begun));
});

const head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
const next = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";

/** Sends a body in chunks, in pieces, and leaves the connection open. @returns the statuses of all answers until the server ends it */
async function refused(...pieces: readonly string[]): Promise<number[]> {
  const { socket, text, closed } = await dial(echo.port);
  socket.write(head);
  for (const piece of pieces) socket.write(Buffer.from(piece, "latin1"));
  await closed;
  return responses(text()).map(({ status }) => status);
}

test("chunks, cut anywhere: sizes of any case, extensions, lines after the last one", async () => {
  const text = '5\r\nhello\r\n00A;x="y"\r\n0123456789\r\n1\r\n\r\r\n1\r\n\n\r\n0;last\r\nX-Any: \u00e4\r\nB:\r\n\r\n';
  const stream = head + text + next;
  const understood = [{ body: "hello0123456789\r\n" }, { target: "/next" }];
  for (let at = head.length; at < stream.length; at++)
    expect(echoes(await talk(echo.port, [stream.slice(0, at), stream.slice(at)])), `cut at ${at}`).toMatchObject(understood);
  expect(echoes(await talk(echo.port, [...stream]))).toMatchObject(understood);
  expect(echoes(await talk(echo.port, [`${head}0\r\n\r\n${next}`]))).toMatchObject([{ body: "" }, { target: "/next" }]);
});

test("chunks that are not whole are never asked", async () => {
  const text = "5\r\nhello\r\n0\r\nX: y\r\n\r\n";
  for (let end = 0; end < text.length; end++)
    expect(responses(await talk(echo.port, [head + text.slice(0, end)])).map(({ status }) => status)).toEqual([400]);
});

test.each<readonly [string, string]>([
  ["no size", "\r\nhello\r\n0\r\n\r\n"],
  ["a size that is no number", "g\r\n"],
  ["a sign", "+5\r\nhello\r\n0\r\n\r\n"],
  ["a prefix", "0x5\r\nhello\r\n0\r\n\r\n"],
  ["a blank before the size", " 5\r\nhello\r\n0\r\n\r\n"],
  ["a blank after the size", "5 \r\nhello\r\n0\r\n\r\n"],
  ["a size beyond all numbers", "fffffffffffffffff\r\n"],
  ["a line feed alone after the size", "5\nhello\r\n0\r\n\r\n"],
  ["a carriage return inside the size's line", "5;\rx\r\nhello\r\n0\r\n\r\n"],
  ["a NUL in an extension", "5;\0\r\nhello\r\n0\r\n\r\n"],
  ["more than it says", "4\r\nhello\r\n0\r\n\r\n"],
  ["less than it says", "6\r\nhello\r\n0\r\n\r\n"],
  ["a line feed alone after the content", "5\r\nhello\n0\r\n\r\n"],
  ["no line break after the content", "5\r\nhello0\r\n\r\n"],
  ["a line feed alone at the end", "0\r\n\n"],
  ["no header after the last one", "0\r\nnonsense\r\n\r\n"],
  ["a continued line after the last one", "0\r\nX: y\r\n z\r\n\r\n"],
])("chunks with %s are refused", async (_what, text) => {
  expect(await refused(text, next)).toEqual([400]);
  expect(await refused(...text, next)).toEqual([400]);
});

test("a chunk that is longer than it says is refused at its first byte too many", async () => {
  expect(await refused("5\r\nhellox")).toEqual([400]);
});

test("content up to the limit, and not a byte more", async () => {
  const { mostBytes } = echo.service;
  const of = (...sizes: readonly number[]) => `${sizes.map((size) => `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`).join("")}0\r\n\r\n`;
  const [whole] = echoes(await talk(echo.port, [head + of(40_000, mostBytes - 40_000)]));
  expect(whole?.body).toHaveLength(mostBytes);
  expect(await refused(of(40_000, mostBytes - 39_999))).toEqual([413]);
  // A size alone is not refused, but no more of its content is held.
  expect(await refused("ffffffff\r\n", "x".repeat(mostBytes + 1))).toEqual([413]);
});

test("many small chunks count what has come of their content", async () => {
  const before = echo.service.held;
  const [whole] = echoes(await talk(echo.port, [head, "1\r\nx\r\n".repeat(50_000), "0\r\n\r\n"]));
  expect(whole?.body).toHaveLength(50_000);
  expect(echo.service.held - before).toBe(50_000);
});

test("what stands around the content has a limit, whether its line ends or not", async () => {
  expect(await refused(`5;${"x".repeat(20_000)}`)).toEqual([431]);
  expect(await refused(`0\r\nX: ${"x".repeat(20_000)}`)).toEqual([431]);
  expect(await refused("1;x\r\ny\r\n".repeat(1000), `1;${"x".repeat(20_000)}`)).toEqual([431]);
  expect(await refused("0\r\n", ...("X: y\r\n".repeat(20_000).match(/.{1,6000}/gs) ?? []))).toEqual([431]);
});
