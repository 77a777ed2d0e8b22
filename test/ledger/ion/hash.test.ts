import { cryptoHasherProvider, makeHashReader } from "ion-hash-js";
import * as ion from "ion-js";
import { expect, test } from "vitest";
import { readBinary } from "../../../ledger/ion/binary-reader.ts";
import { writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { ionHash } from "../../../ledger/ion/hash.ts";
import { readText, writeText } from "../../../ledger/ion/text.ts";
import type { IonValue } from "../../../ledger/ion/value.ts";
import { Random, randomValue } from "../random.ts";
import { writeLoosely } from "./loose-writer.ts";

/** The hash as Amazon's library computes it. */
function reference(bytes: Buffer): string {
  const reader = makeHashReader(ion.makeReader(bytes), cryptoHasherProvider("sha256"));
  reader.next();
  reader.next();
  return Buffer.from(reader.digest()).toString("hex");
}

const texts = [
  ..."null null.int null.struct true false 0 -1 12 0.0 -0. 1.5e0 -0e0 nan +inf 1d-5 2020T 2020-02-29T12:30-00:00".split(" "),
  ...'2020-02-29T12:30:15.120+01:00 abc \'\' "text" {{aGVsbG8=}} {{"clob"}} [] () {} [1,[2]] (a+b)'.split(" "),
  "{b: 1, a: 2, b: 1}",
  "x::y::{a: z::1}",
  "{{CwwODgwL}}",
  "{a: {{CwwO}}, b: {c: [{}, [], ()]}}",
  '"\\x0b\\x0c\\x0e"',
];

test.each(texts)("equals that of ion-hash-js: %s", (text) => {
  const value = readText(text);
  expect(ionHash(value).toString("hex")).toBe(reference(writeBinary(value)));
});

test("equals that of ion-hash-js for any value", () => {
  const random = new Random(3);
  for (let count = 0; count < 1000; count++) {
    const value = randomValue(random);
    expect(ionHash(value).toString("hex"), writeText(value)).toBe(reference(writeBinary(value)));
    expect(ionHash(value).toString("hex"), writeText(value)).toBe(reference(writeLoosely(value, random, false)));
  }
});

test("the order of fields does not matter, that of items does", () => {
  const hash = (text: string) => ionHash(readText(text)).toString("hex");
  expect(hash("{a: 1, b: 2}")).toBe(hash("{b: 2, a: 1}"));
  expect(hash("[1, 2]")).not.toBe(hash("[2, 1]"));
  const different: readonly IonValue[] = ["1", "1.", "1.0", "1e0", '"1"', "'1'", "[1]", "(1)", "a::1", "null", "null.int"].map(readText);
  expect(new Set(different.map((value) => ionHash(value).toString("hex"))).size).toBe(different.length);
});

/** The moment 2020-02-01T01:01:01Z in binary, then what is given. */
const moment = (...fraction: number[]) => [0x60 + 8 + fraction.length, 0x80, 0x0f, 0xe4, 0x82, 0x81, 0x81, 0x81, 0x81, ...fraction];

test.each([
  ["a year with leading zeros", [0x64, 0x80, 0x00, 0x0f, 0xe4], "2020T"],
  ["a date with an offset", [0x65, 0x80, 0x0f, 0xe4, 0x82, 0x81], "2020-02-01T"],
  ["a fraction of no digits", moment(0x80), "2020-02-01T01:01:01Z"],
  ["a fraction of zero and no digits", moment(0x80, 0x00), "2020-02-01T01:01:01Z"],
  ["a fraction of zero, written out", moment(0xc3, 0x00), "2020-02-01T01:01:01.000Z"],
  ["an offset with leading zeros", [0x69, 0x00, 0x80, 0x0f, 0xe4, 0x82, 0x81, 0x81, 0x81, 0x81], "2020-02-01T01:01:01Z"],
  ["an offset of two bytes", [0x69, 0x00, 0xc0, 0x0f, 0xe4, 0x82, 0x81, 0x81, 0x81, 0x81], "2020-02-01T02:05:01+01:04"],
  ["a negative zero for a fraction", moment(0xc3, 0x80), "2020-02-01T01:01:01.000Z"],
  ["a fraction with leading zeros", moment(0xc3, 0x00, 0x05), "2020-02-01T01:01:01.005Z"],
  ["a coefficient with leading zeros", [0x53, 0xc1, 0x00, 0x05], "0.5"],
  ["an exponent with leading zeros", [0x53, 0x40, 0x81, 0x05], "0.5"],
  ["an int with leading zeros", [0x22, 0x00, 0x05], "5"],
])("%s hashes as the plain value does", (_what, encoded, text) => {
  const bytes = Buffer.from([0xe0, 0x01, 0x00, 0xea, ...encoded]);
  const value = readBinary(bytes);
  expect(value).toEqual(readText(text));
  expect(ionHash(value).toString("hex")).toBe(reference(bytes));
});
