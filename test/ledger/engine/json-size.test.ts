import { expect, test } from "vitest";
import { hasMoreValues } from "../../../ledger/engine/json-size.ts";

const more = (value: unknown, most: number) => hasMoreValues(Buffer.from(JSON.stringify(value)), most);
const numbers = (count: number) => Array.from({ length: count }, () => 100);

test("values are counted, texts are not looked into", () => {
  expect(more(numbers(100_000), 100_000)).toBe(false);
  expect(more(numbers(100_001), 100_000)).toBe(true);
  expect(
    more(
      Array.from({ length: 50_000 }, () => ({ a: 1 })),
      100_000,
    ),
  ).toBe(false);
  expect(
    more(
      Array.from({ length: 50_001 }, () => ({ a: 1 })),
      100_000,
    ),
  ).toBe(true);
  for (const text of [",[{".repeat(200_000), `${"\\".repeat(200_001)}",`, '\\"'.repeat(200_000), '",'.repeat(200_000)])
    expect(more({ text, more: [1, 2] }, 4)).toBe(false);
});

test("a text that does not end has no more values", () => {
  expect(hasMoreValues(Buffer.from(`"${",".repeat(300_000)}`), 10)).toBe(false);
  expect(hasMoreValues(Buffer.from(`"x",${",".repeat(300_000)}`), 10)).toBe(true);
});
