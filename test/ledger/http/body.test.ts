import { expect, test } from "vitest";
import { Body } from "../../../ledger/http/body.ts";
import { HttpError } from "../../../ledger/http/http-error.ts";

/** Every way to cut a text in two, and the way of single characters. */
function cuts(text: string): string[][] {
  return [
    [...text],
    ...Array.from({ length: text.length + 1 }, (_, at) => [text.slice(0, at), text.slice(at)].filter((piece) => piece !== "")),
  ];
}

/** Feeds a body with pieces. @returns its content */
function fed(body: Body, ...pieces: readonly string[]): string {
  for (const piece of pieces) body.take(Buffer.from(piece, "latin1"));
  return body.whole.toString("latin1");
}

function body(length: number | undefined, most = 1000): { readonly body: Body; readonly held: () => number } {
  let held = 0;
  const grown = (more: number) => {
    held += more;
  };
  return { body: new Body(length, most, grown), held: () => held };
}

test("a body, cut anywhere, of a length that was told or not", () => {
  for (const length of [5, undefined]) {
    for (const pieces of cuts("hello")) expect(fed(body(length).body, ...pieces)).toBe("hello");
    expect(fed(body(length).body)).toBe("");
  }
});

test("a body that comes at once is not copied and counts nothing; of one that comes in pieces what has come counts, and no more", () => {
  const piece = Buffer.from("hello");
  const { body: whole, held: heldAtOnce } = body(5);
  whole.take(piece);
  piece[0] = 72;
  expect(whole.whole.toString()).toBe("Hello");
  expect(heldAtOnce()).toBe(0);
  for (const length of [5, 900, undefined]) {
    const { body: begun, held } = body(length);
    expect(fed(begun, "he")).toBe("he");
    expect(held()).toBe(2);
    expect(fed(begun, "llo")).toBe("hello");
    expect(held()).toBe(5);
  }
});

test("content up to the limit, and not a byte more", () => {
  const most = 10_000;
  const pieces = (...sizes: readonly number[]) => sizes.map((size) => "x".repeat(size));
  expect(fed(body(undefined, most).body, ...pieces(4000, 6000))).toHaveLength(most);
  expect(() => fed(body(undefined, most).body, ...pieces(4000, 6001))).toThrow(/at most 10000 bytes/);
  expect(() => fed(body(undefined, most).body, ...pieces(10_001))).toThrow(/at most 10000 bytes/);
});

test("many small pieces count what they hold, and what refuses more of it ends it", () => {
  const { body: small, held } = body(undefined, 1 << 20);
  for (let count = 0; count < 50_000; count++) fed(small, "x");
  expect(small.whole).toHaveLength(50_000);
  expect(held()).toBe(50_000);
  for (const length of [2, undefined]) {
    const refusing = new Body(length, 1 << 20, () => {
      throw new HttpError(503, "CapacityExceededException", "too much");
    });
    expect(() => fed(refusing, "x")).toThrow("too much");
    expect(refusing.whole).toHaveLength(0);
  }
});
