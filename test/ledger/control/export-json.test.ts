import { expect, test } from "vitest";
import { ionToJson } from "../../../ledger/control/export-json.ts";
import { readText } from "../../../ledger/ion/text.ts";
import type { IonValue } from "../../../ledger/ion/value.ts";
import { Random, randomValue } from "../random.ts";

test.each([
  ["null.struct", "null"],
  ["true", "true"],
  ["-123456789012345678901234567890", "-123456789012345678901234567890"],
  ["1.5e0", "1.5"],
  ["1e300", "1e+300"],
  ["nan", "null"],
  ["+inf", "null"],
  ["12.50", "12.50"],
  ["-0.050", "-0.050"],
  ["5d3", "5e3"],
  ["-0.0", "-0.0"],
  ["-0d0", "-0"],
  ["7d-101", "7e-101"],
  ["2020-01-02T03:04:05.600-07:00", '"2020-01-02T03:04:05.600-07:00"'],
  ["2020-01-02", '"2020-01-02"'],
  ["2020T", '"2020T"'],
  ["'a b'", '"a b"'],
  ['"quo\\"te\\n"', '"quo\\"te\\n"'],
  ["{{AQID}}", '"AQID"'],
  ['{{"clob\\xff"}}', '"clobÿ"'],
  ["(a 1 [])", '["a",1,[]]'],
  ["x::{a: y::1, a: 2, 'b c': {}}", '{"a":1,"a":2,"b c":{}}'],
])("%s becomes %s", (ion, json) => {
  expect(ionToJson(readText(ion))).toBe(json);
});

/** As much of a value as JSON.parse keeps: what has no numbers and no repeated names in it. */
function shape(value: IonValue): unknown {
  switch (value.type) {
    case "struct":
      return new Set(value.fields.map(({ name }) => name ?? "$0"));
    case "list":
    case "sexp":
      return value.items.length;
    default:
      return undefined;
  }
}

test("any value becomes JSON of the same shape, on one line", () => {
  const random = new Random(7);
  for (let count = 0; count < 2000; count++) {
    const value = randomValue(random);
    const json = ionToJson(value);
    expect(json).not.toContain("\n");
    const read: unknown = JSON.parse(json);
    const found = Array.isArray(read) ? read.length : typeof read === "object" && read !== null ? new Set(Object.keys(read)) : undefined;
    expect(found, json).toEqual(shape(value));
  }
});
