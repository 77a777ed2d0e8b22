import { expect, test } from "vitest";
import { readBinary } from "../../../ledger/ion/binary-reader.ts";
import { writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { readText, writeText } from "../../../ledger/ion/text.ts";
import { LedgerError } from "../../../ledger/transaction/errors.ts";
import { Random, randomDocument, randomValue } from "../random.ts";
import { Runner } from "./run.ts";

const names = ["T", "U", "t", "a", "b", "d", "id", '"quoted name"', "metadata", "data"];
const operators = ["=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "||", "AND", "OR"];
const types = ["INT", "DECIMAL", "FLOAT", "STRING", "SYMBOL", "BOOL", "TIMESTAMP", "LIST", "STRUCT", "BLOB", "NONSENSE"];
const functions =
  "COALESCE NULLIF SIZE EXISTS CHAR_LENGTH LOWER UPPER SUBSTRING TO_STRING TO_TIMESTAMP UTCNOW TXID COUNT SUM AVG MIN MAX".split(" ");
const parts = ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "TIMEZONE_HOUR"];

/** Writes statements that follow the grammar, most of them senseless. */
class Grammar {
  private readonly random: Random;
  parameters = 0;

  constructor(random: Random) {
    this.random = random;
  }

  statement(): string {
    this.parameters = 0;
    const { random } = this;
    const where = () => (random.below(2) === 0 ? ` WHERE ${this.expression(3)}` : "");
    const table = random.pick(["T", "U"]);
    const kinds = [
      () => this.select(3),
      () => this.select(3),
      () => `INSERT INTO ${table} ${random.pick(["", "VALUE "])}${this.expression(3)}`,
      () => `INSERT INTO ${table} VALUE {'a': ${this.expression(2)}, 'b': ${this.expression(2)}}`,
      () => `UPDATE ${table} AS t BY d SET ${this.path()} = ${this.expression(3)}${where()}`,
      () => `FROM ${table} AS t${where()} INSERT INTO ${this.path()} VALUE ${this.expression(2)} AT ${this.expression(1)}`,
      () => `UPDATE ${table} AS t REMOVE ${this.path()}${where()}`,
      () => `DELETE FROM ${table} AS t BY d${where()}`,
    ];
    return random.pick(kinds)();
  }

  private select(depth: number): string {
    const { random } = this;
    const from = Array.from({ length: 1 + random.below(2) }, () => this.source(depth - 1)).join(
      random.pick([", ", " JOIN ", " CROSS JOIN "]),
    );
    const what = random.pick([
      "*",
      `VALUE ${this.expression(depth - 1)}`,
      `${this.expression(depth - 1)}, t.* `,
      `${this.expression(depth - 1)} AS x`,
    ]);
    return `SELECT ${what} FROM ${from}${random.below(2) === 0 ? ` WHERE ${this.expression(depth - 1)}` : ""}`;
  }

  private source(depth: number): string {
    const name = this.random.pick(["t", "a", "b"]);
    return this.random.pick([
      `T AS ${name} BY d`,
      `U AS ${name}`,
      `history(T) AS ${name}`,
      `_ql_committed_T AS ${name}`,
      "information_schema.user_tables",
      `UNPIVOT ${this.expression(depth)} AS ${name} AT b`,
      `${this.expression(depth)} AS ${name} AT b`,
      `@t.a AS ${name}`,
    ]);
  }

  private path(): string {
    return this.random.pick(["a", "t.a", "t.b[0]", "t.a.b", "t.a[*]", "t", 't."quoted name"[1].a', "t.b['a']"]);
  }

  private expression(depth: number): string {
    const { random } = this;
    if (depth <= 0) return this.leaf();
    const inner = () => this.expression(depth - 1);
    const kinds = [
      () => this.leaf(),
      () => `${inner()} ${random.pick(operators)} ${inner()}`,
      () => `(${inner()})`,
      () => `${random.pick(["NOT ", "- ", "+"])}${inner()}`,
      () => `${inner()} IS ${random.pick(["", "NOT "])}${random.pick([...types, "NULL", "MISSING"])}`,
      () => `${inner()} ${random.pick(["", "NOT "])}IN (${inner()}, ${inner()})`,
      () => `${inner()} BETWEEN ${inner()} AND ${inner()}`,
      () => `${inner()} LIKE ${inner()} ESCAPE ${inner()}`,
      () => `CASE WHEN ${inner()} THEN ${inner()} ELSE ${inner()} END`,
      () => `CASE ${inner()} WHEN ${inner()} THEN ${inner()} END`,
      () => `CAST(${inner()} AS ${random.pick(types)})`,
      () => `${random.pick(functions)}(${Array.from({ length: random.below(3) }, inner).join(", ")})`,
      () => `EXTRACT(${random.pick(parts)} FROM ${inner()})`,
      () => `DATE_ADD(${random.pick(parts)}, ${inner()}, ${inner()})`,
      () => `DATE_DIFF(${random.pick(parts)}, ${inner()}, ${inner()})`,
      () => `TRIM(LEADING ${inner()} FROM ${inner()})`,
      () => `[${inner()}, ${inner()}]`,
      () => `{${inner()}: ${inner()}}`,
      () => `${random.pick(names)}.${random.pick(names)}[${inner()}]`,
      () => `(${this.select(depth - 1)})`,
    ];
    return random.pick(kinds)();
  }

  private leaf(): string {
    const { random } = this;
    const kinds = [
      () => random.pick(names),
      () => random.pick(["0", "1", "-2", "1.5", "1e3", "99999999999999999999", "'text'", "''", "NULL", "MISSING", "TRUE", "FALSE"]),
      () =>
        random.pick([
          "`2020-02-29T12:00:00.5+01:00`",
          "`9999-12-31T`",
          "`1e308`",
          "`nan`",
          "`1d100000000`",
          "`(a b)`",
          "`x::{a: 1}`",
          "'yyyy-MM'",
        ]),
      () => {
        this.parameters++;
        return "?";
      },
    ];
    return random.pick(kinds)();
  }
}

/** @returns whether the statement ran; anything but a LedgerError fails the test */
function runs(runner: Runner, statement: string, parameters: readonly string[]): boolean {
  try {
    runner.run(statement, ...parameters);
    return true;
  } catch (error) {
    if (error instanceof LedgerError) return false;
    throw new Error(`${statement}: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

function newRunner(): Runner {
  const runner = new Runner();
  runner.run("CREATE TABLE T");
  runner.run("CREATE TABLE U");
  runner.run("CREATE INDEX ON T (a)");
  for (const document of ["{a: 1, b: [1, {a: 2}]}", '{a: "x", b: {a: [3]}}', "{}"]) runner.run("INSERT INTO T ?", document);
  runner.run("INSERT INTO U ?", "{a: 2020-01-01T00:00Z, b: null.int}");
  return runner;
}

test("statements of the grammar run or are refused, and what they wrote can be read again", () => {
  const random = new Random(42);
  const grammar = new Grammar(random);
  let runner = newRunner();
  let ran = 0;
  for (let count = 0; count < 6000; count++) {
    if (count % 20 === 0) runner = newRunner();
    const statement = grammar.statement();
    const parameters = Array.from({ length: grammar.parameters }, () => writeText(randomValue(random, 1)));
    if (runs(runner, statement, parameters)) ran++;
    for (const pending of runner.transaction.documents.values()) {
      for (const { data } of pending.values()) if (data !== undefined) expect(readBinary(writeBinary(data)), statement).toEqual(data);
    }
  }
  expect(ran).toBeGreaterThan(600);
});

test("damaged statements are refused or run", () => {
  const random = new Random(43);
  const grammar = new Grammar(random);
  const pieces = [
    ...names,
    ...operators,
    ..."( ) [ ] { } << >> ' \" ` ? , . : ; @ * -- /* */ SELECT FROM WHERE \\ \u0000 🙂 \n".split(" "),
  ];
  const runner = newRunner();
  for (let count = 0; count < 6000; count++) {
    let statement = grammar.statement();
    for (let change = random.below(3); change >= 0; change--) {
      const at = random.below(statement.length + 1);
      statement = statement.slice(0, at) + (random.below(2) === 0 ? random.pick(pieces) : "") + statement.slice(at + random.below(5));
    }
    runs(runner, statement, []);
  }
});

test("documents of any content go in and come out as they were", () => {
  const random = new Random(44);
  for (let count = 0; count < 200; count++) {
    const runner = newRunner();
    const document = writeText(randomDocument(random));
    runner.run("INSERT INTO U ?", document);
    expect(readText(runner.run("SELECT VALUE u FROM U AS u")[1] ?? "")).toEqual(readText(document));
  }
});
