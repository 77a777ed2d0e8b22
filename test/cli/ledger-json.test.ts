import { expect, test } from "vitest";
import { ionJson } from "../../cli/ledger-json.ts";
import { readText } from "../../ledger/ion/text.ts";

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
])("%s is %s", (ion, json) => {
  expect(ionJson(readText(ion))).toBe(json);
  JSON.parse(json);
});
