import { expect, test } from "vitest";
import { IonError } from "../../../ledger/ion/errors.ts";
import { readText } from "../../../ledger/ion/text.ts";
import { readTextSteps } from "../../../ledger/ion/text-reader.ts";

/** How often others may have their turn while a text is read. */
function turns(source: string, left = 1 << 20): number {
  const steps = readTextSteps(source, { values: { left } });
  for (let count = 0; ; count++) if (steps.next().done === true) return count;
}

test.each([
  ["numbers", "1,"],
  ["names", "abc,"],
  ["texts", '"abc",'],
  ["structs", "{a:1},"],
  ["empty lists", "[],"],
  ["times", "2020-01-01T00:00Z,"],
  ["decimals", "1.50,"],
])("a long list of %s is read in many steps", (_what, item) => {
  expect(turns(`[${item.repeat(40_000)}1]`)).toBeGreaterThan(79);
});

test("so many values, and not one more", () => {
  expect(turns("[1,{a:2}]", 4)).toBe(0);
  expect(() => turns("[1,{a:2}]", 3)).toThrow("too many values");
});

test("a number behind a lob that holds a bracket is seen", () => {
  for (const lob of ['{{"}"}}', '{{ "}" }}', "{{'''}'''}}"])
    expect(() => readText(`[${lob}, ${"9".repeat(20_000)}]`)).toThrow("a number of 20000 characters");
  expect(readText(`{{${"9999".repeat(5_000)}}}`).type).toBe("blob");
});

test("symbol tables are few, however their name is written", () => {
  const table = (name: string) => `${name}::{imports: $ion_symbol_table, symbols: ["a"]} `;
  for (const name of ["$ion_symbol_table", "'$ion_symbol_table'", "'\\x24ion_symbol_table'", "$ion_symbol_table /* */ "]) {
    expect(readText(`${table(name).repeat(10)}$10`), name).toEqual({ type: "symbol", value: "a" });
    expect(() => readText(`${table(name).repeat(11)}$10`), name).toThrow("more than 10 symbol tables");
    expect(() => readText(`[${table(name).repeat(11)}$10]`), name).toThrow(IonError);
    expect(() => turns(`${table(name)}[${"1,".repeat(60_000)}1]`), name).toThrow("more than 0 symbol tables");
  }
});

test("as deep as binary Ion may be, and not deeper; annotations count", () => {
  const nested = (depth: number, inner = "") => `${"[".repeat(depth)}${inner}${"]".repeat(depth)}`;
  expect(readText(nested(501)).type).toBe("list");
  expect(() => readText(nested(502))).toThrow("nested deeper than 500");
  expect(readText(nested(500, "1")).type).toBe("list");
  expect(() => readText(nested(500, "a::1"))).toThrow("nested deeper than 500");
  expect(() => readText(`a::${nested(501)}`)).toThrow("nested deeper than 500");
  expect(() => readText("[".repeat(90_000))).toThrow("nested deeper than 500");
});
