import { cryptoHasherProvider, makeHashReader } from "ion-hash-js";
import * as ion from "ion-js";
import { expect, test } from "vitest";
import { writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { ionHash } from "../../../ledger/ion/hash.ts";
import { readText, writeText } from "../../../ledger/ion/text.ts";
import type { IonValue } from "../../../ledger/ion/value.ts";
import { Random, randomValue } from "../random.ts";

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
  }
});

test("the order of fields does not matter, that of items does", () => {
  const hash = (text: string) => ionHash(readText(text)).toString("hex");
  expect(hash("{a: 1, b: 2}")).toBe(hash("{b: 2, a: 1}"));
  expect(hash("[1, 2]")).not.toBe(hash("[2, 1]"));
  const different: readonly IonValue[] = ["1", "1.", "1.0", "1e0", '"1"', "'1'", "[1]", "(1)", "a::1", "null", "null.int"].map(readText);
  expect(new Set(different.map((value) => ionHash(value).toString("hex"))).size).toBe(different.length);
});
