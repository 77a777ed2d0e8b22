import { describe, expect, test } from "vitest";
import { differencesOf } from "../../../dashboard/page/difference.ts";
import { bytesOfBase64, type IonNode, readIon } from "../../../dashboard/page/ion-reader.ts";
import { columnsOf, documentIn, documentsStatement, errorPlace, parametersOf } from "../../../dashboard/page/statement.ts";
import { writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { readText } from "../../../ledger/ion/text.ts";

function node(text: string | undefined): IonNode | undefined {
  return text === undefined ? undefined : readIon(bytesOfBase64(writeBinary(readText(text)).toString("base64")));
}

function rows(...texts: string[]): IonNode[] {
  return texts.flatMap((text) => node(text) ?? []);
}

describe("differences", () => {
  test.each([
    ["{a: 1}", "{a: 1}", []],
    ["{a: 1, b: 2}", "{a: 1, b: 3}", [["b", "2", "3"]]],
    ["{a: {b: {c: 1, d: 2}}}", "{a: {b: {c: 1, d: 4}}}", [["a.b.d", "2", "4"]]],
    [
      "{a: 1}",
      "{b: 1}",
      [
        ["a", "1", undefined],
        ["b", undefined, "1"],
      ],
    ],
    [
      "{a: [1, 2, 3]}",
      "{a: [1, 5]}",
      [
        ["a[1]", "2", "5"],
        ["a[2]", "3", undefined],
      ],
    ],
    ["{a: [{b: 1}]}", "{a: [{b: 2}]}", [["a[0].b", "1", "2"]]],
    ["{a: 1}", '{a: "1"}', [["a", "1", '"1"']]],
    ["{a: 1.5}", "{a: 1.50}", [["a", "1.5", "1.50"]]],
    ["{a: null}", "{}", [["a", "null", undefined]]],
    [
      undefined,
      "{a: {b: 1}, c: []}",
      [
        ["a.b", undefined, "1"],
        ["c", undefined, "[]"],
      ],
    ],
    [undefined, "{}", [["", undefined, "{}"]]],
    ["{a: 1}", undefined, [["a", "1", undefined]]],
    ["{a: 1, b: 2}", "{b: 2, a: 1}", [["", "{a: 1, b: 2}", "{b: 2, a: 1}"]]],
    ["{a: 1, a: 2}", "{a: 1, a: 3}", [["", "{a: 1, a: 2}", "{a: 1, a: 3}"]]],
    ["{a: x::{b: 1}}", "{a: y::{b: 1}}", [["a", "x::{b: 1}", "y::{b: 1}"]]],
    ["5", "{a: 1}", [["", "5", "{a: 1}"]]],
  ])("from %s to %s", (before, after, expected) => {
    const found = differencesOf(node(before), node(after));
    expect(found.map((each) => [each.path, each.before, each.after])).toEqual(expected);
  });
});

describe("an error's place", () => {
  const statement = "SELECT *\nFROM people WHER name";

  test("is found by line and column, and counted from the beginning", () => {
    const place = errorPlace(statement, "Parser Error: at line 2, column 18: expected the end");
    expect(place).toEqual({ at: 26, line: ["FROM people WHER ", "n", "ame"] });
    expect(statement[place?.at ?? -1]).toBe("n");
  });

  test("may be behind the end of the line", () => {
    expect(errorPlace(statement, "at line 2, column 90")).toEqual({ at: statement.length, line: ["FROM people WHER name", "", ""] });
  });

  test.each(["no such table", "at line 3, column 1", "at line 0, column 1"])("%s names none", (message) => {
    expect(errorPlace(statement, message)).toBeUndefined();
  });
});

test("parameters are written a line each", () => {
  expect(parametersOf('"a b"\n\n  12 \n')).toEqual(['"a b"', "12"]);
  expect(parametersOf(" \n")).toEqual([]);
});

describe("a row's document", () => {
  const id = "2mGnLSnJbfMWNL3B2ObotH";

  test.each([
    [documentsStatement('a "b"'), `{id: "${id}", x: 1}`, { table: 'a "b"', id }],
    ["select * from _ql_committed_people", `{metadata: {id: "${id}"}}`, { table: "people", id }],
    ['SELECT id FROM "people" BY id', `{id: "${id}"}`, { table: "people", id }],
    ["SELECT * FROM people", '{id: "not an id"}', undefined],
    ["SELECT * FROM people", "{name: 1}", undefined],
    ["INSERT INTO people ?", `{id: "${id}"}`, undefined],
    ["SELECT * FROM people", "5", undefined],
  ])("of %s, %s", (statement, row, expected) => {
    expect(documentIn(statement, rows(row)[0] as IonNode)).toEqual(expected);
  });
});

test("the columns are the fields of all rows", () => {
  expect(columnsOf(rows("{a: 1, b: 2}", "{c: 1, a: 2}", "5"))).toEqual(["a", "b", "c", "value"]);
});
