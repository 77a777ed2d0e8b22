import * as ion from "ion-js";
import { expect, test } from "vitest";
import { readAllBinary, readBinary } from "../../../ledger/ion/binary-reader.ts";
import { writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { IonError } from "../../../ledger/ion/errors.ts";
import { depthOf, type IonValue, ionLimits } from "../../../ledger/ion/value.ts";
import { Random, randomValue } from "../random.ts";

const marker = [0xe0, 0x01, 0x00, 0xea];
const bytes = (...rest: number[]) => Buffer.from([...marker, ...rest]);

/** What Amazon's own library writes for a text. */
function written(text: string): Buffer {
  const writer = ion.makeBinaryWriter();
  writer.writeValues(ion.makeReader(text));
  writer.close();
  return Buffer.from(writer.getBytes());
}

test("every kind of value survives writing and reading", () => {
  const random = new Random(1);
  for (let count = 0; count < 3000; count++) {
    const value = randomValue(random);
    expect(readBinary(writeBinary(value))).toEqual(value);
  }
});

const texts = [
  "null null.bool null.int null.float null.decimal null.timestamp null.symbol null.string null.clob null.blob null.list null.sexp null.struct",
  "true false 0 1 -1 255 256 -65536 123456789012345678901234567890 -123456789012345678901234567890",
  "0e0 -0e0 1.5e0 -1e300 +inf -inf nan",
  "0. -0. 0.00 -0.00 1.10 -12.340 1d100 5d-100 123456789012345678901234567890.5",
  "2020T 2020-02T 2020-02-29 2020-02-29T12:30Z 2020-02-29T12:30-00:00 2020-02-29T12:30:15+05:30 2020-02-29T12:30:15.000Z",
  "2020-02-29T23:59:59.123456789-08:00 0001-01-01T00:00:00Z 9999-12-31T23:59:59.999Z",
  "abc 'with blank' '' name $ion \"text\" \"\" \"ünïcødé 🙂\" '''long''' {{aGVsbG8=}} {{\"clob\"}} {{}}",
  "[] [1, [2, [3]]] () (a + b) {} {a: 1, b: {c: [1, 2]}, a: 2} a::1 a::b::{c: d::null.int} 'x y'::[e::f]",
];

test.each(texts)("reads what ion-js writes, and writes what ion-js reads: %s", (text) => {
  const values = readAllBinary(written(text));
  expect(values.length).toBeGreaterThan(0);
  for (const value of values) {
    const own = writeBinary(value);
    const again = ion.makeBinaryWriter();
    again.writeValues(ion.makeReader(own));
    again.close();
    expect(readBinary(Buffer.from(again.getBytes()))).toEqual(value);
  }
});

test("what is written of a text is byte for byte what ion-js writes", () => {
  for (const text of ['{a: 1, b: [2.50, "x"], c: d::e}', "-0.", "2020-02-29T12:30:15.120+01:00", "123456789012345678901234567890"]) {
    expect(writeBinary(readBinary(written(text))).toString("hex")).toBe(written(text).toString("hex"));
  }
});

test("float32 is read as the same number", () => {
  expect(readBinary(bytes(0x44, 0x3f, 0xc0, 0, 0))).toEqual({ type: "float", value: 1.5 });
});

test("an exponent of negative zero is zero", () => {
  expect(readBinary(bytes(0x52, 0xc0, 0x05))).toEqual({ type: "decimal", coefficient: 5n, exponent: 0, negativeZero: false });
});

test("padding is skipped everywhere", () => {
  expect(readBinary(bytes(0x00, 0x02, 0xff, 0xff, 0xb4, 0x01, 0xff, 0x21, 0x05))).toEqual({
    type: "list",
    items: [{ type: "int", value: 5n }],
  });
});

test("symbol tables: local, appended, imported, reset by a version marker", () => {
  const appended = bytes(
    // $ion_symbol_table::{symbols: ["a"]} then $ion_symbol_table::{imports: $ion_symbol_table, symbols: ["b"]}, then [$10, $11]
    ...[0xe7, 0x81, 0x83, 0xd4, 0x87, 0xb2, 0x81, 0x61],
    ...[0xea, 0x81, 0x83, 0xd7, 0x86, 0x71, 0x03, 0x87, 0xb2, 0x81, 0x62],
    ...[0xb4, 0x71, 0x0a, 0x71, 0x0b],
  );
  expect(readBinary(appended)).toEqual({
    type: "list",
    items: [
      { type: "symbol", value: "a" },
      { type: "symbol", value: "b" },
    ],
  });
  const imported = written('$ion_symbol_table::{imports: [{name: "shared", version: 1, max_id: 2}], symbols: ["own"]}');
  expect(() => readBinary(imported)).toThrow(IonError);
  // An import of two symbols that nobody knows: $10, $11 have no text, $12 is "own".
  const table = [0xec, 0x81, 0x83, 0xd9, 0x86, 0xb3, 0xd2, 0x88, 0x21, 0x87, 0xb1, 0x80];
  expect(() => readBinary(bytes(...table, 0x71, 0x0f))).toThrow(IonError);
  expect(() => readBinary(Buffer.concat([appended.subarray(0, -5), bytes(0x71, 0x0a)]))).toThrow("symbol $10 is not in the symbol table");
});

const refused: readonly (readonly [string, Buffer])[] = [
  ["no version marker", Buffer.from([0x21, 0x05])],
  ["nothing", bytes()],
  ["two values", bytes(0x21, 0x05, 0x21, 0x06)],
  ["a value cut off", bytes(0x22, 0x05)],
  ["negative zero int", bytes(0x30)],
  ["a boolean of 2", bytes(0x12)],
  ["a float of 3 bytes", bytes(0x43, 1, 2, 3)],
  ["a string that is not UTF-8", bytes(0x81, 0xff)],
  ["annotations around annotations", bytes(0xe7, 0x81, 0x84, 0xe4, 0x81, 0x84, 0x21, 0x05)],
  ["type code 15", bytes(0xf0)],
  ["month 13", bytes(0x64, 0x80, 0x0f, 0xe4, 0x8d)],
  ["30 February", bytes(0x65, 0x80, 0x0f, 0xe4, 0x82, 0x9e)],
  ["an hour without its minute", bytes(0x66, 0x80, 0x0f, 0xe4, 0x82, 0x81, 0x81)],
  ["a timestamp that ends in its year", bytes(0x62, 0x80, 0x0f)],
  ["a whole second as fraction", bytes(0x6a, 0x80, 0x0f, 0xe4, 0x82, 0x81, 0x81, 0x81, 0x81, 0xc1, 0x0a)],
  ["a decimal whose exponent nobody can hold", bytes(0x56, 0x00, 0x7f, 0x7f, 0x7f, 0x7f, 0xff)],
  ["a shared symbol table of a billion", written('$ion_symbol_table::{imports: [{name: "x", version: 1, max_id: 1000000000}]}')],
  ["deep nesting", bytes(...nested(600))],
];

/** Lists in lists, as binary Ion. */
function nested(depth: number): number[] {
  let inner: number[] = [];
  for (let count = 0; count < depth; count++) {
    const { length } = inner;
    inner =
      length < 14 ? [0xb0 | length, ...inner] : [0xbe, ...(length < 128 ? [length | 128] : [length >> 7, (length & 127) | 128]), ...inner];
  }
  return inner;
}

test.each(refused)("refuses %s", (_what, input) => {
  expect(() => readBinary(input)).toThrow(IonError);
});

test("depth: as deep as the limit is fine, and is counted as the reader counts", () => {
  const value = readBinary(bytes(...nested(ionLimits.depth + 1)));
  expect(depthOf(value)).toBe(ionLimits.depth);
  expect(() => readBinary(bytes(...nested(ionLimits.depth + 2)))).toThrow("nested deeper");
  expect(depthOf({ type: "int", value: 1n })).toBe(0);
  expect(depthOf({ type: "list", items: [{ type: "int", value: 1n, annotations: ["a"] }] })).toBe(2);
});

test("damaged bytes give an IonError, never anything else", () => {
  const random = new Random(7);
  let sound = 0;
  for (let count = 0; count < 20_000; count++) {
    const input = Buffer.from(writeBinary(randomValue(random)));
    for (let change = random.below(3); change >= 0; change--) input[random.below(input.length)] = random.below(256);
    const cut = random.below(4) === 0 ? input.subarray(0, random.below(input.length)) : input;
    const value = readOrUndefined(cut);
    if (value === undefined) continue;
    sound++;
    // What was accepted can be written, and read again as the same; timestamps have one encoding, whatever was read.
    expect(readBinary(writeBinary(value))).toEqual(value);
  }
  expect(sound).toBeGreaterThan(1000);
});

function readOrUndefined(input: Buffer): IonValue | undefined {
  try {
    return readBinary(input);
  } catch (error) {
    if (error instanceof IonError) return undefined;
    throw error;
  }
}
