import { expect, test } from "vitest";
import { readPlainText } from "../../../ledger/ion/plain-reader.ts";
import { libraryText, readText, writeText } from "../../../ledger/ion/text.ts";
import { timestampOf } from "../../../ledger/ion/timestamp.ts";
import { blob, decimal, type IonValue, int, list, struct, text } from "../../../ledger/ion/value.ts";
import { Random, randomValue } from "../random.ts";

const depth = 500;

/** What reading all of Ion says; undefined for what it refuses. */
function read(source: string): IonValue | undefined {
  try {
    return readText(source);
  } catch {
    return undefined;
  }
}

test("what it reads is what the library reads", () => {
  const random = new Random(61);
  const pieces = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "::",
    "'",
    '"',
    " ",
    "\\",
    "(",
    ")",
    "{{",
    "}}",
    "-",
    "0",
    "1",
    ".",
    "d",
    "e",
    "T",
    "null",
    "a",
    "$",
    "nan",
    "true",
  ];
  let plain = 0;
  for (let count = 0; count < 6000; count++) {
    const written = writeText(randomValue(random, 2));
    const cut = random.below(written.length + 1);
    const damaged = written.slice(0, cut) + random.pick(pieces) + written.slice(cut + random.below(3));
    for (const source of [written, damaged]) {
      const found = readPlainText(source, depth);
      if (found === undefined) continue;
      plain++;
      expect(found, source).toEqual(read(source));
    }
  }
  expect(plain).toBeGreaterThan(1000);
});

test("it reads what a ledger shows of its blocks", () => {
  const random = new Random(62);
  for (let count = 0; count < 500; count++) {
    const amount = decimal(BigInt(random.below(20_000) - 10_000), random.below(12) - 9);
    const data = struct({
      id: text("payment-1"),
      amount,
      "with blank": int(random.below(100) - 50),
      state: { type: "symbol", value: "paid" },
    });
    const metadata = struct({ id: text("7xyz"), version: int(0), txTime: timestampOf(random.below(2 ** 40)), txId: text("") });
    const value = struct({ hash: blob(random.bytes(40)), revisions: list([struct({ data, metadata }), struct({})]), none: list([]) });
    expect(readPlainText(writeText(value), depth)).toEqual(value);
    expect(libraryText(value)).toBe(writeText(value));
  }
});

test.each([
  ...[
    "",
    " 1",
    "1 ",
    "1 2",
    "a::1",
    "{a::1}",
    "{a:b::1}",
    "{'a'::1}",
    "(1)",
    "1e0",
    "nan",
    "-0",
    "00",
    "01",
    "1_000",
    "0x10",
    "+inf",
    "null.nope",
    "a.b",
    "''",
    "'''a'''",
  ],
  ...[
    '"a\\n"',
    '"a\nb"',
    "{a:1,}",
    "[1,]",
    "[,1]",
    "[1",
    "{a:1",
    "{a}",
    "{nan:1}",
    "{{a}}",
    '{{"a"}}',
    "2020T",
    "2020-02-30T00:00:00.000Z",
    "0000-01-01T00:00:00.000Z",
  ],
  ...["2020-01-01T00:00:00.000+01:00", "2020-01-01T24:00:00.000Z", "/**/1", "$ion_1_0", "[[[1]]]"],
])("%s is left to whoever reads all of Ion", (source) => {
  expect(readPlainText(source, 2)).toBeUndefined();
});
