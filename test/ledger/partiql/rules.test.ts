import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { languageRules, rulesFor } from "../../../ledger/partiql/rules.ts";

test("docs/ledger.md shows every rule and whom it follows", () => {
  const page = readFileSync(new URL("../../../docs/ledger.md", import.meta.url), "utf8");
  for (const { rule, follows } of languageRules) expect(page).toContain(`| ${rule} | ${follows} |`);
});

test("a statement is told the rules that it falls under", () => {
  const rules = (statement: string) => rulesFor(statement).map(({ rule }) => rule);
  expect(rules("SELECT a.b FROM T AS a JOIN U AS u ON a.b = u.b")).toContain("JOIN needs ON");
  expect(rules("SELECT VALUE x FROM T AS t, t.items[*] AS x")).toContain("[*] and .* lead to a bag of everything below");
  expect(rules("CREATE TABLE T")).toEqual(["names of tables are no reserved words, and do not begin with _ql_"]);
  expect(rules("SELECT 1")).toEqual([]);
});
