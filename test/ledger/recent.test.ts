import { expect, test } from "vitest";
import { Recent } from "../../ledger/recent.ts";

/** Counts how often something is made of each text. */
function counting() {
  const made: string[] = [];
  const recent = new Recent((text) => {
    made.push(text);
    return text.length;
  });
  return { made, recent };
}

test("what was made of a text is kept, for a thousand texts", () => {
  const { made, recent } = counting();
  const texts = Array.from({ length: 1000 }, (_, index) => `${index}`);
  for (const text of [...texts, ...texts]) expect(recent.get(text)).toBe(text.length);
  expect(made).toEqual(texts);
  recent.get("one more");
  recent.get("0");
  recent.get("999");
  expect(made.slice(1000)).toEqual(["one more", "0"]);
});

test("long texts are counted by their characters, and the longest are not kept", () => {
  const { made, recent } = counting();
  const texts = Array.from({ length: 17 }, (_, index) => `${index}`.padEnd(16 << 10));
  for (const text of texts) recent.get(text);
  for (const text of texts.slice(1)) recent.get(text);
  expect(made).toEqual(texts);
  recent.get(texts[0] ?? "");
  expect(made).toHaveLength(18);
  for (let count = 0; count < 2; count++) recent.get("x".repeat(98_000));
  expect(made).toHaveLength(20);
  recent.get(texts[16] ?? "");
  expect(made).toHaveLength(20);
});

test("what making it throws is not kept", () => {
  let asked = 0;
  const recent = new Recent<never>(() => {
    asked++;
    throw new Error("refused");
  });
  for (let count = 0; count < 2; count++) expect(() => recent.get("x")).toThrow("refused");
  expect(asked).toBe(2);
});
