import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { cell, counted, jsonRows, rowTable } from "../../../cli/ledger/rows.ts";
import { readText } from "../../../ledger/ion/text.ts";
import { text } from "../../../ledger/ion/value.ts";

const shown = (...rows: string[]) => stripVTControlCharacters(rowTable(rows.map((row) => readText(row))));

test("a table has a column for every field of any row, in the order they come up", () => {
  expect(shown("{a: 1, b: null}", "{c: [x, {y: 1.0}], a: 'two words'}")).toBe(
    ["a            b     c", "1            null", "'two words'        [x,{y:1.0}]", ""].join("\n"),
  );
});

test("a name that repeats is a column each time", () => {
  expect(shown("{a: 1, a: 2}", "{a: 3}")).toBe("a  a\n1  2\n3\n");
});

test("rows that are no structs have one column", () => {
  expect(shown("1", '"text"')).toBe("value\n1\ntext\n");
  expect(shown()).toBe("");
  expect(shown("{}")).toBe("");
});

test("nothing in a document reaches the terminal as a control character", () => {
  expect(cell(text("a\u001b[2Jb\nc\td\u202ee"))).toBe("a\\u001b[2Jb\\nc\\td\\u202ee");
  expect(shown('{"\\x1b[1m": 1}')).toBe("\\u001b[1m\n1\n");
});

test("a long value is cut, and says so", () => {
  expect(cell(text("x".repeat(80)))).toBe("x".repeat(80));
  expect(cell(text("x".repeat(81)))).toBe(`${"x".repeat(79)}…`);
  expect(cell(text("🙂".repeat(81)))).toBe(`${"🙂".repeat(79)}…`);
});

test("JSON is one array, a row a line", () => {
  expect(jsonRows([])).toBe("[]\n");
  expect(jsonRows([readText("{a: 1}"), readText("b")])).toBe('[\n{"a":1},\n"b"\n]\n');
});

test("counts", () => {
  expect([counted(0, "row"), counted(1, "row"), counted(2, "row")]).toEqual(["0 rows", "1 row", "2 rows"]);
});
