import type { Random } from "../random.ts";

/** Values that meet: equal ones of other types, precisions and annotations, and containers of them. */
const values = [
  ...["1", "1.0", "1e0", "2", "0", "-0e0", "nan", "+inf", "100d-2", "null", "null.int", "true", "false"],
  ...['"a"', "a", "b", '"1"', "x::1", "'its'", "{{aGk=}}", '{{"hi"}}', "2020T", "2020-01-01T00:00:00.000Z", "2020-01-01T01:00+01:00"],
  ...["[]", "()", "{}", "[1]", "(1)", "[1.0]", "[[1]]", "[(1)]", "[null]", "[1, 2]", "(1 2)", "{a: 1}", "{a: 1.0, b: 2}", "{b: 2, a: 1}"],
];

/** What has no value, for whoever comes to ask for it. */
const refused = ["1 / 0", "CAST('x' AS INT)", "LOWER(1)"];

/** Writes documents and conditions about them; the same sequence for the same seed. */
export class Predicates {
  private readonly random: Random;
  parameters: string[] = [];

  constructor(random: Random) {
    this.random = random;
  }

  value(): string {
    return this.random.pick(values);
  }

  /** A document with the fields k, v, w and many, now and then without one. */
  document(k: number): string {
    const fields = [`k: ${k}`, `v: ${this.value()}`, `w: ${this.value()}`, `many: [${this.value()}, ${this.value()}]`];
    return `{${fields.filter((_, index) => index === 0 || this.random.below(8) > 0).join(", ")}}`;
  }

  /** A statement over the table Q; its parameters are those since it was asked for. */
  statement(): string {
    this.parameters = [];
    return this.random.pick([
      () => `SELECT VALUE a.k FROM Q AS a WHERE ${this.condition(["a"])}`,
      () => `SELECT VALUE a.data.k FROM _ql_committed_Q AS a WHERE ${this.condition(["a.data"])}`,
      () => `SELECT a.k, i FROM Q AS a, a.many AS i WHERE ${this.condition(["a"])}`,
      () => `SELECT a.k, b.k FROM Q AS a, Q AS b WHERE ${this.condition(["a", "b"])}`,
      () => `SELECT a.k, b.k FROM Q AS a JOIN Q AS b ON ${this.condition(["a", "b"], 1)}`,
    ])();
  }

  /** A condition over some aliases. */
  condition(aliases: readonly string[], depth = 2): string {
    const { random } = this;
    const inner = () => this.condition(aliases, depth - 1);
    if (depth <= 0 || random.below(3) === 0) return this.atom(aliases);
    return random.pick([
      () => `${this.atom(aliases)} AND ${inner()}`,
      () => `(${inner()}) AND (${inner()})`,
      () => `(${inner()} OR ${inner()})`,
      () => `NOT (${inner()})`,
    ])();
  }

  /** A condition without parameters. */
  plain(alias: string): string {
    for (;;) {
      this.parameters = [];
      const condition = this.condition([alias], 1);
      if (this.parameters.length === 0) return condition;
    }
  }

  private atom(aliases: readonly string[]): string {
    const { random } = this;
    const path = () => `${random.pick(aliases)}.${random.pick(["v", "v", "w", "many", "many[0]", "nope"])}`;
    const operand = () =>
      random.below(30) === 0 ? random.pick(refused) : random.pick([() => this.literal(), () => this.literal(), path])();
    return random.pick([
      () => `${path()} = ${operand()}`,
      () => `${operand()} = ${path()}`,
      () => `${path()} IN (${operand()})`,
      () => `${path()} IN (${operand()}, ${operand()})`,
      () => `${path()} IN [${operand()}]`,
      () => `${path()} IN <<${operand()}, ${operand()}>>`,
      () => `${path()} IN ${operand()}`,
      () => `${path()} NOT IN (${operand()})`,
      () => `${path()} <> ${operand()}`,
      () => `${path()} ${random.pick(["<", ">="])} ${operand()}`,
      () => `${path()} IS ${random.pick(["", "NOT "])}${random.pick(["NULL", "MISSING", "INT", "LIST", "SEXP"])}`,
      () => `${operand()} IN ${random.pick(aliases)}.many[*]`,
      () => `COALESCE(${path()}, ${operand()}) = ${operand()}`,
      () => `NULLIF(${path()}, ${operand()}) IS ${random.pick(["NULL", "NOT NULL", "MISSING"])}`,
      () => `CASE WHEN ${path()} IS ${random.pick(["INT", "STRING", "SEXP"])} THEN ${path()} ELSE ${operand()} END = ${operand()}`,
      () => `${path()} = CASE ${operand()} WHEN ${operand()} THEN ${operand()} ELSE ${operand()} END`,
      () => (random.below(4) === 0 ? this.picky(path) : `SIZE(${random.pick(aliases)}.many[*]) = ${random.below(4)}`),
    ])();
  }

  /** What most values are refused for. */
  private picky(path: () => string): string {
    return this.random.pick([
      () => `LOWER(${path()}) = 'a'`,
      () => `${path()} + 1 = 2`,
      () => `${path()} LIKE 'a%'`,
      () => `${path()} BETWEEN 0 AND ${path()}`,
      () => `NOT ${path()}`,
    ])();
  }

  private literal(): string {
    if (this.random.below(4) > 0) return `\`${this.value()}\``;
    this.parameters.push(this.value());
    return "?";
  }
}
