import { expect, test } from "vitest";
import { BinaryHasher } from "../../../ledger/ion/binary-hash.ts";
import { Reader, readBinary } from "../../../ledger/ion/binary-reader.ts";
import { BinaryWalker } from "../../../ledger/ion/binary-walker.ts";
import { writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { IonError } from "../../../ledger/ion/errors.ts";
import { ionHash } from "../../../ledger/ion/hash.ts";
import { readText, writeText } from "../../../ledger/ion/text.ts";
import { Random, randomValue } from "../random.ts";
import { writeLoosely } from "./loose-writer.ts";

/** Where the value begins that follows version marker and symbol tables. */
function walk(bytes: Buffer): { walker: BinaryWalker; at: number } {
  const reader = new Reader(bytes);
  for (;;) {
    const at = reader.at;
    const walker = new BinaryWalker(bytes, reader.symbolTable);
    const before = new Reader(bytes);
    before.goOn(bytes, at, reader.symbolTable);
    if (before.topLevel() !== undefined) return { walker, at };
    reader.topLevel();
  }
}

const hasher = new BinaryHasher();

function hashed(bytes: Buffer): Buffer {
  const { walker, at } = walk(bytes);
  return hasher.hash(walker, at, bytes.length);
}

test("any value has the hash that it has once it is made, however it is written", () => {
  const random = new Random(71);
  for (let count = 0; count < 3000; count++) {
    const value = randomValue(random);
    expect(hashed(writeBinary(value)), writeText(value)).toEqual(ionHash(value));
    expect(hashed(writeLoosely(value, random)), writeText(value)).toEqual(ionHash(value));
  }
});

test.each([
  ...["0", "-1", "255", "-0.", "0.", "0d5", "1d-70", "-1.28", "1.28", "12.8", "0.00", "1d9999", "340282366920938463463374607431768211456"],
  ...[
    "2020-01-01T00:00:00.000Z",
    "2020-01-01",
    "null.timestamp",
    '"ü"',
    "'sym\\x0b'",
    '"\\x0b\\x0c\\x0e"',
    "{{CwwO}}",
    "{a: {b: [(1 x), a::b::{}]}}",
  ],
  ...["null", "null.struct", "true", "1e0", "nan", "{{'''clob'''}}", "{a: 1, a: 1}", "[]", "{}", "()"],
])("%s", (text) => {
  const value = readText(text);
  expect(hashed(writeBinary(value))).toEqual(ionHash(value));
});

test("timestamps that follow each other are told apart", () => {
  for (const time of ["2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "2020-01-01T00:00:01Z", "2020-01-01T00:00:00.0Z"]) {
    const value = readText(time);
    expect(hashed(writeBinary(value)), time).toEqual(ionHash(value));
  }
});

/** What becomes of bytes: a hash, or a refusal. */
function outcome(work: () => Buffer): string {
  try {
    return work().toString("hex");
  } catch (error) {
    if (error instanceof IonError) return "refused";
    throw error;
  }
}

test("bytes that were damaged are refused where a reader refuses them, or have the hash of what it makes of them", () => {
  const random = new Random(72);
  let refused = 0;
  for (let count = 0; count < 20_000; count++) {
    const sound = random.below(2) === 0 ? writeBinary(randomValue(random)) : writeLoosely(randomValue(random), random);
    const { walker, at } = walk(sound);
    const bytes = Buffer.from(sound);
    const place = at + random.below(bytes.length - at);
    bytes[place] = (bytes[place] ?? 0) ^ (1 << random.below(8));
    const damaged = new BinaryWalker(bytes, walker.table);
    const made = outcome(() => {
      const reader = new Reader(bytes);
      reader.goOn(bytes, at, walker.table);
      const value = reader.value(bytes.length, 0);
      if (value === undefined) throw new IonError("padding");
      return ionHash(value);
    });
    expect(
      outcome(() => hasher.hash(damaged, at, bytes.length)),
      bytes.toString("hex"),
    ).toBe(made);
    if (made === "refused") refused++;
  }
  expect(refused).toBeGreaterThan(1000);
});

test("what is nested too deeply is refused", () => {
  const deep = (levels: number) => writeBinary(readText("[".repeat(levels + 1) + "]".repeat(levels + 1)));
  const shallow = new BinaryHasher(20);
  const hash = (bytes: Buffer) => {
    const { walker, at } = walk(bytes);
    return shallow.hash(walker, at, bytes.length);
  };
  expect(hash(deep(20))).toEqual(ionHash(readBinary(deep(20))));
  expect(() => hash(deep(21))).toThrow("values are nested deeper than 20");
});
