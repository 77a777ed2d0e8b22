import { expect, test } from "vitest";
import { pointAt, pointing } from "../../../cli/ledger/caret.ts";
import { LedgerRefusal } from "../../../ledger/client/http.ts";

test("the caret stands below the place", () => {
  expect(pointAt("SELECT * FROM X", "Semantic Error: at line 1, column 15: No such variable named 'X'")).toBe(
    ["SELECT * FROM X", "                ^"].join("\n"),
  );
  expect(pointAt("SELECT *\n\tFROM X", "… at line 2, column 7: …")).toBe(["\tFROM X", "  \t     ^"].join("\n"));
});

test("the end of a statement is a place too", () => {
  expect(pointAt("SELECT", "Parser Error: at line 1, column 7: expected")).toBe("SELECT\n        ^");
});

test("of a long line what is around the place is shown", () => {
  const found = pointAt(`${"x".repeat(500)}!${"y".repeat(500)}`, "at line 1, column 501") ?? "";
  const [line = "", caret = ""] = found.split("\n");
  expect(line.length).toBe(90);
  expect(line[caret.indexOf("^") - 2]).toBe("!");
});

test("no place, or none of this statement: no caret", () => {
  expect(pointAt("SELECT 1", "Table with name: USER.T already exists")).toBeUndefined();
  expect(pointAt("SELECT 1", "at line 3, column 1")).toBeUndefined();
});

test("a refusal keeps its message and gets the place; other failures stay as they are", async () => {
  const refusal = new LedgerRefusal("BadRequestException", "at line 1, column 1: no");
  await expect(pointing("X", Promise.reject(refusal))).rejects.toMatchObject({ message: refusal.message, hint: "X\n  ^" });
  const other = new Error("at line 1, column 1");
  await expect(pointing("X", Promise.reject(other))).rejects.toBe(other);
  expect(await pointing("X", Promise.resolve(1))).toBe(1);
});
