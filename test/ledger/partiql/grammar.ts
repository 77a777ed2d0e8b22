import type { Random } from "../random.ts";

export const names = ["T", "U", "t", "a", "b", "d", "id", '"quoted name"', "metadata", "data"];
export const operators = ["=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "||", "AND", "OR"];
const types = ["INT", "DECIMAL", "FLOAT", "STRING", "SYMBOL", "BOOL", "TIMESTAMP", "LIST", "STRUCT", "BLOB", "NONSENSE"];
const functions =
  "COALESCE NULLIF SIZE EXISTS CHAR_LENGTH LOWER UPPER SUBSTRING TO_STRING TO_TIMESTAMP UTCNOW TXID COUNT SUM AVG MIN MAX".split(" ");
const parts = ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "TIMEZONE_HOUR"];

/** Writes statements that follow the grammar, most of them senseless. */
export class Grammar {
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
      () => `FROM ${table} AS t, ${this.path()} AS b AT id${where()} ${random.pick(["REMOVE b", "SET b.a = id", "SET b = t.a"])}`,
      () => `UPDATE ${table} AS t, @t.b AS a INSERT INTO a VALUE ${this.expression(1)}${where()}`,
      () => `FROM ${table} AS t${where()} REMOVE t`,
      () => `INSERT INTO ${table} VALUES ${this.expression(2)}, ${this.expression(2)}`,
      () => `INSERT INTO ${table} << ${this.expression(2)}, {'a': ${this.expression(1)}} >>`,
      () => `EXEC redact_revision ${this.expression(1)}, ${this.expression(1)}, ${this.expression(1)}`,
      () => this.definition(table),
    ];
    return random.pick(kinds)();
  }

  private definition(table: string): string {
    const { random } = this;
    return random.pick([
      `CREATE TABLE ${random.pick(names)}`,
      `CREATE INDEX ON ${table} (${random.pick(names)})`,
      `DROP TABLE ${table}`,
      `UNDROP TABLE "${random.pick(names)}"`,
      `DROP INDEX "${random.pick(names)}" ON ${table} WITH (purge = true)`,
    ]);
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
      `history(U, ${this.expression(depth)}, ${this.expression(depth)}) AS ${name}`,
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
