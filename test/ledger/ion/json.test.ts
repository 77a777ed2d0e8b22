import { expect, test } from "vitest";
import { ionJson } from "../../../ledger/ion/json.ts";
import { readText } from "../../../ledger/ion/text.ts";
import type { IonValue } from "../../../ledger/ion/value.ts";
import { Random, randomValue } from "../random.ts";

// https://amazon-ion.github.io/ion-docs/guides/cookbook.html#down-converting-to-json
test.each([
  ["null", "null"],
  ["null.timestamp", "null"],
  ["true", "true"],
  ["-5", "-5"],
  ["123456789012345678901234567890", "123456789012345678901234567890"],
  ["1e0", "1"],
  ["2.5e-3", "0.0025"],
  ["-0e0", "-0"],
  ["nan", "null"],
  ["-inf", "null"],
  ["1.50", "1.50"],
  ["-0.05", "-0.05"],
  ["-0.0", "-0.0"],
  ["12d3", "12e3"],
  ["1d-50", "1e-50"],
  ["2020-02-03T04:05Z", '"2020-02-03T04:05Z"'],
  ["abc", '"abc"'],
  ["'a b'", '"a b"'],
  ['"tab\\tquote\\""', '"tab\\tquote\\""'],
  ['{{"a\\xe9\\x01"}}', '"a\\u00e9\\u0001"'],
  ["{{AQID}}", '"AQID"'],
  ["(a [b])", '["a",["b"]]'],
  ["{a: 1, 'b c': {d: e::f}, a: 2}", '{"a":1,"b c":{"d":"f"},"a":2}'],
  ["a::b::1", "1"],
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
  ["(a 1 [])", '["a",1,[]]'],
  ["x::{a: y::1, a: 2, 'b c': {}}", '{"a":1,"a":2,"b c":{}}'],
])("%s becomes %s", (ion, json) => {
  expect(ionJson(readText(ion))).toBe(json);
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
    const json = ionJson(value);
    expect(json).not.toContain("\n");
    const read: unknown = JSON.parse(json);
    const found = Array.isArray(read) ? read.length : typeof read === "object" && read !== null ? new Set(Object.keys(read)) : undefined;
    expect(found, json).toEqual(shape(value));
  }
});
