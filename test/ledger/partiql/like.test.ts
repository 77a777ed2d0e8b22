import { expect, test } from "vitest";
import { LikePattern } from "../../../ledger/partiql/like.ts";
import { Random } from "../random.ts";

const at = { line: 1, column: 1 };
const like = (text: string, pattern: string, mark?: string) => new LikePattern(pattern, mark, at).matches(text);

/** The same by a regular expression. */
function expected(text: string, pattern: string): boolean {
  const source = [...pattern].map((each) => (each === "%" ? "[^]*" : each === "_" ? "[^]" : each)).join("");
  return new RegExp(`^${source}$`, "u").test(text);
}

test("short texts match as a regular expression does", () => {
  const random = new Random(3);
  const word = (letters: string[], most: number) => Array.from({ length: random.below(most) }, () => random.pick(letters)).join("");
  let matched = 0;
  for (let count = 0; count < 50_000; count++) {
    const [text, pattern] = [word(["a", "b", "🙂"], 9), word(["a", "b", "🙂", "%", "%", "_"], 8)];
    const wanted = expected(text, pattern);
    if (wanted) matched++;
    expect(like(text, pattern), `${text} LIKE ${pattern}`).toBe(wanted);
  }
  expect(matched).toBeGreaterThan(5_000);
});

test("an escaped character stands for itself", () => {
  expect(like("100%", "100\\%", "\\")).toBe(true);
  expect(like("1000", "100\\%", "\\")).toBe(false);
  expect(like("a_🙂", "_🙂_🙂🙂", "🙂")).toBe(true);
  expect(like("ab🙂", "_🙂_🙂🙂", "🙂")).toBe(false);
  expect(like("🙂🙂🙂", "_🙂_🙂🙂", "_")).toBe(true);
  expect(() => like("a", "a!", "!")).toThrow("the pattern ends with its escape character");
});

test("4 MB against a pattern of half of it, which nearly fits everywhere", () => {
  const [text, half] = ["a".repeat(4 << 20), "a".repeat(2 << 20)];
  expect(like(text, `%${half}b${half.slice(2)}%`)).toBe(false);
  expect(like(text, `%${half}%${half}`)).toBe(true);
  expect(like(text, `%${half}%b%`)).toBe(false);
  expect(like(text, "%a".repeat(50_000))).toBe(true);
});

test("a pattern with '_' that would take too long is refused, others are taken", () => {
  const text = "a".repeat(100_000);
  expect(() => like(text, `%_${"a".repeat(10_000)}b%`)).toThrow("the pattern has too many '_' for so long a text");
  expect(like(text, `%_${"b".repeat(10_000)}%`)).toBe(false);
  expect(like(text, "_".repeat(100_000))).toBe(true);
  expect(like(`${text}b${text}`, "%_b_%")).toBe(true);
});
