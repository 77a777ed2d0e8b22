import { describe, expect, test } from "vitest";
import { tokenSteps } from "../../../ledger/partiql/lexer.ts";
import { parseStatement } from "../../../ledger/partiql/parse-statement.ts";
import { atOnce } from "../../../ledger/steps.ts";
import { LedgerError } from "../../../ledger/transaction/errors.ts";

describe("tokens", () => {
  const kinds = (source: string) => atOnce(tokenSteps(source)).map(({ kind, text }) => `${kind} ${text}`.trim());

  test.each([
    ["a.b[0]", ["word a", "symbol .", "word b", "symbol [", "number 0", "symbol ]", "end"]],
    ["'it''s' \"q\"\"x\"", ["string it's", 'quoted q"x', "end"]],
    ["1 1.5 .5 1e3 1.e-2", ["number 1", "number 1.5", "number .5", "number 1e3", "number 1.e-2", "end"]],
    ["a -- comment\n/* more\n */ b", ["word a", "word b", "end"]],
    ["<<?>> <= <> != ||", ["symbol <<", "parameter ?", "symbol >>", "symbol <=", "symbol <>", "symbol !=", "symbol ||", "end"]],
    ["`{a: '`', b: \"`\"} // `\n`", ["ion {a: '`', b: \"`\"} // `", "end"]],
    ["'ACTIVE'AND", ["string ACTIVE", "word AND", "end"]],
    ["_ql_committed_T $x ünï", ["word _ql_committed_T", "word $x", "word ünï", "end"]],
  ])("%s", (source, expected) => {
    expect(kinds(source)).toEqual(expected);
  });

  test("positions: lines and columns from 1", () => {
    expect(atOnce(tokenSteps("a\n  b /* \n */ c")).map(({ line, column }) => [line, column])).toEqual([
      [1, 1],
      [2, 3],
      [3, 5],
      [3, 6],
    ]);
  });
});

/** Everything that payments-service.md, ledger.md and the drivers' suites send. */
const good = [
  "SELECT tableId FROM information_schema.user_tables WHERE name = ? AND status = 'ACTIVE'",
  "SELECT VALUE name FROM information_schema.user_tables WHERE status = 'ACTIVE'",
  "SELECT VALUE indexes[0] FROM information_schema.user_tables WHERE status = 'ACTIVE'AND name = 'T'",
  "CREATE TABLE transactions",
  "create Table T;",
  "CREATE TABLE Vehicle WITH (aws_tags = `{'environment': 'production'}`)",
  'CREATE INDEX ON "T" (Name)',
  "DROP TABLE T",
  'UNDROP TABLE "abc"',
  'DROP INDEX "abc" ON T WITH (purge = true)',
  "SELECT d_id as documentID FROM transactions BY d_id where idempotencyKey = ?",
  "INSERT INTO transactions ?",
  "INSERT INTO T << {'col': 1}, {'col': 2} >>",
  "INSERT INTO T <<?, ?>>",
  "INSERT INTO T VALUE {'a': 1}",
  "INSERT INTO T VALUES {'a': 1}, {'a': 2}",
  "SELECT * FROM history(transactions) AS h WHERE h.metadata.id = ?",
  "SELECT * FROM history (T, `2020T`, `2021T`) AS h",
  "SELECT * FROM history('tableId') AS h",
  "UPDATE transactions BY d_id SET data = ?, signature = ?, publicKey = ? WHERE d_id = ? AND data != ?",
  "UPDATE T AS t SET t.a = 1 REMOVE t.b INSERT INTO t.list VALUE 1 AT 0 WHERE t.a = 2",
  "FROM T AS t WHERE t.a = 1 SET t.a = 2, t.b = 3",
  "FROM T AS t INSERT INTO t.list VALUE ?",
  "FROM T AS t REMOVE t.a",
  "DELETE FROM T AS t BY id WHERE id = ?",
  "SELECT COUNT(*) FROM T",
  "SELECT * FROM T as a, T as b, T as c, T as d, T as e, T as f",
  "SELECT a.x, b.* FROM T AS a INNER JOIN U AS b ON a.x = b.x WHERE a.y IN (?, ?)",
  "SELECT t.a[0].b AS c, e FROM T AS t, @t.list AS e AT i",
  "SELECT VALUE {'a': t.a} FROM _ql_committed_T AS t BY id",
  "SELECT * FROM UNPIVOT {'a': 1} AS v AT n",
  "EXEC redact_revision ?, ?, ?",
  "exec REDACT_REVISION `{strandId: \"a\", sequenceNo: 1}`, 'tableId', 'documentId';",
  'SELECT "date", t."user" AS "value", t.timestamp FROM "Order" AS t WHERE t."key" = ?',
  "UPDATE T AS t, t.list AS e SET e.a = 1 WHERE e.b = ?",
  "SELECT CAST(a AS DOUBLE PRECISION) FROM T",
  "SELECT (SELECT VALUE 1 FROM <<1>> AS x) AS one FROM <<0>> AS y",
];

test.each(good)("parses %s", (source) => {
  expect(parseStatement(source).parameters).toBe(source.split("?").length - 1);
});

const bad: readonly (readonly [source: string, message: string])[] = [
  [
    "",
    "Parser Error: at line 1, column 1: expected a statement (SELECT, INSERT, UPDATE, DELETE, FROM, CREATE, DROP, UNDROP or EXEC), found the end of the statement",
  ],
  ["HELLO", "Parser Error: at line 1, column 1: expected a statement"],
  ["SELECT", "Parser Error: at line 1, column 7: expected an expression, found the end of the statement"],
  ["SELECT * FROM", "Parser Error: at line 1, column 14: expected an expression, found the end of the statement"],
  ["SELECT *\nFROM T\n  WHERE", "Parser Error: at line 3, column 8: expected an expression"],
  ["SELECT * FROM T WHERE a = ", "column 27: expected an expression"],
  ["SELECT * FROM T WHERE a = 'x", "Lexer Error: at line 1, column 27: the quotation is not closed"],
  ["SELECT * FROM T WHERE a = `{", "Lexer Error: at line 1, column 27: the quotation is not closed"],
  ["SELECT * FROM T WHERE a = `{`", "Parser Error: at line 1, column 27: invalid Ion literal"],
  ["SELECT # FROM T", "Lexer Error: at line 1, column 8: unexpected character '#'"],
  ["SELECT * FROM T extra stuff", "column 23: expected the end of the statement, found 'stuff'"],
  ["SELECT * FROM T; SELECT * FROM T", "expected the end of the statement, found 'SELECT'"],
  ["INSERT T ?", "Parser Error: at line 1, column 1"],
  ["UPDATE T WHERE a = 1", "column 10: expected 'SET', 'INSERT INTO' or 'REMOVE', found 'WHERE'"],
  ["UPDATE T SET 1 = 2", "expected a path of names"],
  ["DELETE T", "expected a statement"],
  ["CREATE INDEX ON T (a, b)", "Semantic Error: at line 1, column 21: an index is on one top-level field"],
  ["CREATE INDEX ON T (a.b)", "an index is on one top-level field"],
  ["DROP INDEX abc ON T WITH (purge = true)", "expected an index id in quotation marks"],
  ['DROP INDEX "abc" ON T', "expected 'WITH'"],
  ["SELECT * FROM T WHERE a IN (1,", "expected an expression"],
  ["SELECT CASE END FROM T", "expected an expression"],
  ["SELECT CASE WHEN TRUE THEN 1 FROM T", "expected 'END', found 'FROM'"],
  ["SELECT * FROM history(", "expected a table's name"],
  ["SELECT 1", "Parser Error: at line 1, column 9: expected 'FROM', found the end of the statement"],
  ["SELECT a WHERE a = 1", "column 10: expected 'FROM', found 'WHERE'"],
  [
    "SELECT date FROM T",
    `Parser Error: at line 1, column 8: expected an expression, found 'date', a reserved word: as a name it is written "date"`,
  ],
  ["CREATE TABLE T WITH (aws_tags = 'x')", "Semantic Error: at line 1, column 33: aws_tags has to be an Ion struct of texts"],
  ["CREATE TABLE T WITH (aws_tags = `{a: 1}`)", "aws_tags has to be an Ion struct of texts"],
  ["CREATE TABLE T WITH (tags = `{}`)", "expected 'AWS_TAGS', found 'tags'"],
  ["CREATE TABLE User", `column 14: expected a table's name, found 'User', a reserved word: as a name it is written "User"`],
  ["SELECT * FROM T AS timestamp", "column 20: expected a name, found 'timestamp', a reserved word"],
  ["EXEC", "Parser Error: at line 1, column 5: expected a stored procedure's name"],
  ["EXEC drop_everything", "Semantic Error: at line 1, column 6: No such stored procedure: drop_everything"],
  [
    "EXEC redact_revision",
    "Semantic Error: at line 1, column 6: redact_revision takes 3 arguments (block address, table id, document id), received 0",
  ],
  ["EXEC redact_revision ?, ?", "received 2"],
  ["EXEC redact_revision ?, ?,", "expected an expression"],
  ["SELECT 1e99999999999 FROM T", "the exponent of 1e99999999999 is too large"],
];

test.each(bad)("refuses %j", (source, message) => {
  expect(() => parseStatement(source)).toThrow(LedgerError);
  expect(() => parseStatement(source)).toThrow(message);
});

test.each([
  ["SELECT * FROM T ORDER BY a", "line 1, column 17: ORDER BY is not supported"],
  ["SELECT a FROM T GROUP BY a", "GROUP BY is not supported"],
  ["SELECT a FROM T WHERE a = 1 HAVING a = 1", "HAVING is not supported"],
  ["SELECT * FROM T LIMIT 1", "LIMIT is not supported"],
  ["SELECT * FROM T OFFSET 1", "OFFSET is not supported"],
  ["SELECT DISTINCT a FROM T", "column 8: SELECT DISTINCT is not supported"],
  ["SELECT * FROM T UNION SELECT * FROM U", "UNION is not supported"],
  ["SELECT * FROM T EXCEPT SELECT * FROM U", "EXCEPT is not supported"],
  ["SELECT * FROM T INTERSECT SELECT * FROM U", "INTERSECT is not supported"],
  ["SELECT * FROM T AS t LEFT JOIN U AS u ON t.a = u.a", "LEFT JOIN is not supported"],
  ["SELECT * FROM T AS t RIGHT OUTER JOIN U AS u ON t.a = u.a", "RIGHT JOIN is not supported"],
  ["SELECT * FROM T AS t FULL JOIN U AS u ON t.a = u.a", "FULL JOIN is not supported"],
])("what QLDB never had is named: %s", (source, message) => {
  expect(() => parseStatement(source)).toThrow(`Semantic Error: at `);
  expect(() => parseStatement(source)).toThrow(message);
});

test.each([
  ["parentheses", `SELECT ${"(".repeat(5000)}1${")".repeat(5000)} FROM T`, "nested deeper than"],
  ["negations", `SELECT ${"NOT ".repeat(5000)}TRUE FROM T`, "nested deeper than"],
  ["signs", `SELECT ${"- ".repeat(5000)}1 FROM T`, "nested deeper than"],
  ["operators", `SELECT ${"1 + ".repeat(20_000)}1 FROM T`, "in a row"],
  ["alternatives", `SELECT ${"a OR ".repeat(15_000)}a FROM T`, "in a row"],
  ["conditions", `SELECT ${"a AND ".repeat(15_000)}a FROM T`, "in a row"],
  ["tests", `SELECT a ${"IS NULL ".repeat(10_000)} FROM T`, "in a row"],
  ["steps", `SELECT a${".a".repeat(40_000)} FROM T`, "in a row"],
  ["sources", `SELECT * FROM ${"T, ".repeat(20_000)} T`, "more than 50 sources"],
  ["unclosed comments", `SELECT ${"/*".repeat(45_000)}`, "expected 'FROM'"],
  ["unclosed Ion", `SELECT \`${"/*".repeat(45_000)}`, "the quotation is not closed"],
  ["unclosed long strings", `SELECT \`'''${"a' ".repeat(30_000)}`, "the quotation is not closed"],
])("endless %s end with an error", (_what, source, message) => {
  expect(() => parseStatement(source)).toThrow(message);
});

test("a comment that is not closed is told as such, at once, however many begin in it", () => {
  expect(() => parseStatement(`SELECT ${"/* ".repeat(33_000)}`)).toThrow("Lexer Error: at line 1, column 8: the comment is not closed");
  expect(() => parseStatement("SELECT /*/")).toThrow("the comment is not closed");
  expect(parseStatement("SELECT /**/ /***/ * FROM T /* end */").parameters).toBe(0);
});

test("a number has at most 9,864 characters", () => {
  expect(parseStatement(`SELECT VALUE ${"1".repeat(9_864)} FROM T`).parameters).toBe(0);
  expect(() => parseStatement(`SELECT VALUE ${"1".repeat(9_865)} FROM T`)).toThrow(
    "column 14: a number of 9865 characters: allowed are 9864",
  );
});
