import { expect, test } from "vitest";
import { type Body, DroppedBody, FixedBody } from "../../../ledger/http/body.ts";
import { ChunkedBody } from "../../../ledger/http/chunked-body.ts";
import { HttpError } from "../../../ledger/http/http-error.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");

/** Feeds a body with pieces. @returns its content, and what was left over, or undefined where it is not whole */
function fed(body: Body, ...pieces: readonly string[]): readonly [string, string] | undefined {
  for (const [index, piece] of pieces.entries()) {
    const end = body.take(bytes(piece), 0);
    if (body.whole !== undefined) return [body.whole.toString("latin1"), piece.slice(end) + pieces.slice(index + 1).join("")];
    expect(end).toBe(piece.length);
  }
  return undefined;
}

/** Every way to cut a text in two, and the way of single characters. */
function cuts(text: string): string[][] {
  return [
    [...text],
    ...Array.from({ length: text.length + 1 }, (_, at) => [text.slice(0, at), text.slice(at)].filter((piece) => piece !== "")),
  ];
}

function chunked(most = 1000): { readonly body: ChunkedBody; readonly held: () => number } {
  let held = 0;
  const body = new ChunkedBody(most, (more) => {
    held += more;
  });
  return { body, held: () => held };
}

function status(...pieces: readonly string[]): number {
  try {
    return fed(chunked(100_000).body, ...pieces) === undefined ? 0 : 200;
  } catch (error) {
    if (error instanceof HttpError) return error.status;
    throw error;
  }
}

test("a body of a length, cut anywhere, and what comes after it", () => {
  for (const pieces of cuts("hello")) expect(fed(new FixedBody(5), ...pieces)).toEqual(["hello", ""]);
  for (const pieces of cuts("helloGET /")) expect(fed(new FixedBody(5), ...pieces)).toEqual(["hello", "GET /"]);
  expect(fed(new FixedBody(0), "GET /")).toEqual(["", "GET /"]);
  expect(fed(new FixedBody(6), "hello")).toBeUndefined();
});

test("a body that is passed over", () => {
  for (const pieces of cuts("helloGET /")) expect(fed(new DroppedBody(5), ...pieces)).toEqual(["", "GET /"]);
  expect(fed(new DroppedBody(6), "hello")).toBeUndefined();
});

test("chunks, cut anywhere: sizes of any case, extensions, lines after the last one", () => {
  const text = '5\r\nhello\r\n00A;x="y"\r\n0123456789\r\n1\r\n\r\r\n1\r\n\n\r\n0;last\r\nX-Any: \u00e4\r\nB:\r\n\r\nGET /';
  for (const pieces of cuts(text)) expect(fed(chunked().body, ...pieces), JSON.stringify(pieces)).toEqual(["hello0123456789\r\n", "GET /"]);
  for (const pieces of cuts("0\r\n\r\n")) expect(fed(chunked().body, ...pieces)).toEqual(["", ""]);
});

test("chunks that are not whole", () => {
  const text = "5\r\nhello\r\n0\r\nX: y\r\n\r\n";
  for (let end = 0; end < text.length; end++) expect(status(text.slice(0, end))).toBe(0);
});

test.each<readonly [string, string]>([
  ["no size", "\r\nhello\r\n0\r\n\r\n"],
  ["a size that is no number", "g\r\n"],
  ["a sign", "+5\r\nhello\r\n0\r\n\r\n"],
  ["a prefix", "0x5\r\nhello\r\n0\r\n\r\n"],
  ["a blank before the size", " 5\r\nhello\r\n0\r\n\r\n"],
  ["a blank after the size", "5 \r\nhello\r\n0\r\n\r\n"],
  ["a size of nine digits", "000000005\r\nhello\r\n0\r\n\r\n"],
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
])("chunks with %s are refused", (_what, text) => {
  expect(status(text)).toBe(400);
  expect(status(...text)).toBe(400);
});

test("a chunk that is longer than it says is refused at its first byte too many", () => {
  expect(status("5\r\nhellox")).toBe(400);
});

test("content up to the limit, and not a byte more", () => {
  const most = 10_000;
  const of = (sizes: readonly number[]) => `${sizes.map((size) => `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`).join("")}0\r\n\r\n`;
  expect(fed(chunked(most).body, of([4000, 6000]))?.[0]).toHaveLength(most);
  expect(() => fed(chunked(most).body, of([4000, 6001]))).toThrow(/at most 10000 bytes/);
  // It is the size that is refused: nothing of the chunk is waited for.
  expect(() => fed(chunked(most).body, "ffffffff\r\n")).toThrow(/at most 10000 bytes/);
});

test("many small chunks hold no more than twice their content, and what refuses more of it ends it", () => {
  const { body, held } = chunked(1 << 20);
  for (let count = 0; count < 50_000; count++) fed(body, "1\r\nx\r\n");
  expect(fed(body, "0\r\n\r\n")?.[0]).toHaveLength(50_000);
  expect(held()).toBeGreaterThanOrEqual(50_000);
  expect(held()).toBeLessThanOrEqual(100_000);
  const refusing = new ChunkedBody(1 << 20, () => {
    throw new HttpError(503, "CapacityExceededException", "too much");
  });
  expect(() => fed(refusing, "1\r\nx")).toThrow("too much");
});

test("what stands around the content has a limit, whether its line ends or not", () => {
  expect(status(`5;${"x".repeat(20_000)}`)).toBe(431);
  expect(status(`0\r\nX: ${"x".repeat(20_000)}`)).toBe(431);
  expect(status(...Array.from({ length: 20_000 }, () => "1;x\r\ny\r\n"))).toBe(431);
  expect(status("0\r\n", ...Array.from({ length: 20_000 }, () => "X: y\r\n"))).toBe(431);
});
