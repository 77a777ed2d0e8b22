import { describe, expect, test } from "vitest";
import { hashOfIon } from "../../../dashboard/page/ion-hash.ts";
import { bytesOfBase64, readIon } from "../../../dashboard/page/ion-reader.ts";
import { cellWords, ionWords } from "../../../dashboard/page/ion-words.ts";
import { writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { ionHash } from "../../../ledger/ion/hash.ts";
import { readText } from "../../../ledger/ion/text.ts";

/** As the page gets it. */
function sent(text: string) {
  return readIon(bytesOfBase64(writeBinary(readText(text)).toString("base64")));
}

/** Ion text that the page writes in the same words as it was given. */
const values = [
  ...["null", "null.int", "null.struct", "true", "false"],
  ...["0", "1", "-1", "255", "256", "-65536", "123456789012345678901234567890"],
  ...["0e0", "-0e0", "1.5e0", "-2.25e0", "1e300", "1e-7", "+inf", "-inf", "nan"],
  ...["0.", "1.", "-1.", "1.50", "-0.05", "12345678901234567890.123", "1d5", "-3d100"],
  ...["2026T", "2026-01T", "2026-01-31", "2026-01-31T12:00Z", "2026-01-31T12:00:05.250Z", "2026-01-31T12:00:05+02:00"],
  ...["2026-01-31T00:30:00-05:30", "2026-12-31T23:59:58.123456789-00:00", "0001-01-01T00:00:00Z"],
  ...['""', '"text"', '"ä → 😀"', '"a\\"b\\\\c\\nd"'],
  ...["name", "'null'", "'two words'", "'it\\'s'", "$ion_symbol_table"],
  ...["{{}}", "{{CwwOAA==}}", '{{"clob"}}', "[]", "[1, [2, []], {a: 3}]", "(1 (a b))", "{}", "{a: 1, a: 2, 'b c': {d: \"e\"}}"],
  ...["a::1", "a::'b c'::{x: y::2}", "degrees::null.decimal"],
];

describe("a value that the page reads", () => {
  test.each(values)("%s is in the same words, and has the hash that the ledger gives it", async (text) => {
    const node = sent(text);
    expect(ionWords(node)).toBe(text);
    expect(Buffer.from(await hashOfIon(node)).toString("hex")).toBe(ionHash(readText(text)).toString("hex"));
  });

  test("a long text, a deep list and many fields are read and hashed whole", async () => {
    const fields = Array.from({ length: 300 }, (_, n) => `field${n}: "${"x".repeat(n)}"`).join(", ");
    for (const text of [`"${"y".repeat(70_000)}"`, `${"[".repeat(200)}1${"]".repeat(200)}`, `{${fields}}`]) {
      expect(ionWords(sent(text))).toBe(text);
      expect(Buffer.from(await hashOfIon(sent(text)))).toEqual(ionHash(readText(text)));
    }
  });

  test("text stands in a cell without its quotation marks", () => {
    expect([cellWords(sent('"a b"')), cellWords(sent('x::"a b"')), cellWords(sent("12")), cellWords(undefined)]).toEqual([
      ...["a b", 'x::"a b"', "12", ""],
    ]);
  });

  test("what is cut off is no value", () => {
    const whole = writeBinary(readText('{name: "a text of some length"}'));
    for (const length of [0, 4, 5, whole.length - 1]) expect(() => readIon(new Uint8Array(whole.subarray(0, length)))).toThrow();
  });
});
