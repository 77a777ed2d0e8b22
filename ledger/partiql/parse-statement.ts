import { atOnce } from "../steps.ts";
import type { ChangeClause, Expression, FromItem, Parsed, Projection, Select, Source, Statement } from "./ast.ts";
import { parserError, semanticError } from "./errors.ts";
import { tokenSteps } from "./lexer.ts";
import { parseDefinition, parseTableName } from "./parse-definition.ts";
import { ExpressionParser } from "./parse-expression.ts";
import { isMany } from "./steps.ts";
import { Tokens } from "./tokens.ts";

/** What SQL has and QLDB never had. */
const refused: readonly (readonly string[])[] = [
  ["ORDER", "BY"],
  ["GROUP", "BY"],
  ...["HAVING", "LIMIT", "OFFSET", "UNION", "EXCEPT", "INTERSECT", "PIVOT"].map((word) => [word]),
];

/** Sources are loops in loops: recursion has to end before the stack does. */
const maxSources = 50;

/**
 * Parses one statement step by step, of QLDB's PartiQL: https://docs.aws.amazon.com/qldb/latest/developerguide/ql-reference.html
 * @returns yields wherever others may have their turn
 * @throws LedgerError BadRequestException with line and column
 */
export function* parseSteps(source: string): Generator<undefined, Parsed> {
  const tokens = yield* tokenSteps(source);
  yield undefined;
  const parsed = new StatementParser(new Tokens(tokens)).parse();
  yield undefined;
  return parsed;
}

/** The same at once: for statements of a bounded length. @throws LedgerError BadRequestException with line and column */
export function parseStatement(source: string): Parsed {
  return atOnce(parseSteps(source));
}

class StatementParser {
  private readonly tokens: Tokens;
  private readonly expressions: ExpressionParser;
  private joinDepth = 0;

  constructor(tokens: Tokens) {
    this.tokens = tokens;
    this.expressions = new ExpressionParser(tokens, () => this.select());
  }

  parse(): Parsed {
    const statement = this.statement();
    this.tokens.acceptSymbol(";");
    this.refuse();
    if (this.tokens.current.kind !== "end") throw this.tokens.unexpected("the end of the statement");
    return { statement, parameters: this.expressions.parameters };
  }

  private statement(): Statement {
    const { tokens } = this;
    if (tokens.atKeywords("SELECT")) return { kind: "select", select: this.select() };
    if (tokens.accept("INSERT", "INTO")) return this.insert();
    if (tokens.accept("UPDATE")) return this.update();
    if (tokens.accept("DELETE", "FROM")) return { kind: "delete", from: this.target(), where: this.where() };
    if (tokens.accept("FROM")) return this.fromFirst();
    const other = parseDefinition(tokens, this.expressions);
    if (other !== undefined) return other;
    throw tokens.unexpected("a statement (SELECT, INSERT, UPDATE, DELETE, FROM, CREATE, DROP, UNDROP or EXEC)");
  }

  private select(): Select {
    const { tokens } = this;
    const at = tokens.expect("SELECT");
    if (tokens.atKeywords("DISTINCT")) throw semanticError(tokens.current, "SELECT DISTINCT is not supported");
    tokens.accept("ALL");
    const projection = this.projection();
    tokens.expect("FROM");
    const from = this.fromItems();
    const where = this.where();
    this.refuse();
    return { at, projection, from, where };
  }

  private refuse(): void {
    const words = refused.find((each) => this.tokens.atKeywords(...each));
    if (words !== undefined) throw semanticError(this.tokens.current, `${words.join(" ")} is not supported`);
  }

  private projection(): Select["projection"] {
    const { tokens } = this;
    if (tokens.acceptSymbol("*")) return { kind: "star" };
    if (tokens.accept("VALUE")) return { kind: "value", value: this.expressions.parse() };
    const items: Projection[] = [];
    do items.push(this.projected());
    while (tokens.acceptSymbol(","));
    return { kind: "list", items };
  }

  private projected(): Projection {
    const { tokens } = this;
    const at = tokens.current;
    const expression = this.expressions.parse();
    const whole = allOf(expression);
    if (whole !== undefined) return { kind: "all", of: whole, at };
    return { kind: "expression", expression, as: this.alias() };
  }

  private alias(): string | undefined {
    if (this.tokens.accept("AS")) return this.tokens.expectName("a name").text;
    return this.tokens.atName() ? this.tokens.take().text : undefined;
  }

  private fromItems(): FromItem[] {
    const { tokens } = this;
    const items = this.fromItem();
    for (;;) {
      const at = tokens.current;
      if (items.length > maxSources) throw semanticError(at, `more than ${maxSources} sources in one FROM`);
      if (["LEFT", "RIGHT", "FULL", "OUTER"].some((word) => tokens.atKeywords(word)))
        throw semanticError(at, `${at.keyword} JOIN is not supported`);
      if (tokens.acceptSymbol(",") || tokens.accept("CROSS", "JOIN")) {
        items.push(...this.fromItem());
        continue;
      }
      if (!tokens.accept("INNER", "JOIN") && !tokens.accept("JOIN")) return items;
      const joined = this.fromItem();
      tokens.expect("ON");
      items.push(...joined.slice(0, -1), ...joined.slice(-1).map((last) => alsoOn(last, this.expressions.parse())));
    }
  }

  /** One source, or joins in parentheses. */
  private fromItem(): FromItem[] {
    const at = this.tokens.current;
    if (!this.atJoins()) return [this.named(this.source(), at)];
    if (++this.joinDepth > maxSources) throw semanticError(at, `joins are nested deeper than ${maxSources}`);
    this.tokens.expectSymbol("(");
    const items = this.fromItems();
    this.tokens.expectSymbol(")");
    this.joinDepth--;
    return items;
  }

  /** Whether joins in parentheses come next: a JOIN stands in the outer ones of those that open here, and in no subquery. */
  private atJoins(): boolean {
    let leading = 0;
    while (this.isSign(leading, "(")) leading++;
    if (this.tokens.peek(leading).keyword === "SELECT") leading--;
    let depth = 0;
    for (let ahead = 0; leading > 0; ahead++) {
      const token = this.tokens.peek(ahead);
      if (token.kind === "end") return false;
      if (this.isSign(ahead, "(")) depth++;
      else if (this.isSign(ahead, ")") && --depth === 0) return false;
      else if (token.keyword === "JOIN" && depth <= leading) return true;
    }
    return false;
  }

  private isSign(ahead: number, sign: string): boolean {
    const token = this.tokens.peek(ahead);
    return token.kind === "symbol" && token.text === sign;
  }

  private named(source: Source, at: FromItem["at"]): FromItem {
    const { tokens } = this;
    const as = this.alias();
    const atName = tokens.accept("AT") ? tokens.expectName("a name").text : undefined;
    const by = tokens.accept("BY") ? tokens.expectName("a name").text : undefined;
    return { source, as, atName, by, on: undefined, at };
  }

  private source(): Source {
    const { tokens } = this;
    if (tokens.accept("UNPIVOT")) return { kind: "unpivot", expression: this.expressions.parse() };
    if (tokens.atKeywords("HISTORY") && tokens.peek(1).text === "(") return this.history();
    return { kind: "expression", expression: this.expressions.parse() };
  }

  private history(): Source {
    const { tokens } = this;
    tokens.take();
    tokens.expectSymbol("(");
    const table = parseTableName(tokens, true);
    const [start, end] = [0, 1].map(() => (tokens.acceptSymbol(",") ? this.expressions.parse() : undefined));
    tokens.expectSymbol(")");
    return { kind: "history", table, ...(start && { start }), ...(end && { end }) };
  }

  private where(): Expression | undefined {
    return this.tokens.accept("WHERE") ? this.expressions.parse() : undefined;
  }

  /** The table of an UPDATE or DELETE with its names, and what is nested in it. */
  private target(): FromItem[] {
    const table = parseTableName(this.tokens);
    const items = [this.named({ kind: "expression", expression: { kind: "name", name: table.name, at: table.at } }, table.at)];
    while (this.tokens.acceptSymbol(",")) items.push(...this.fromItem());
    return items;
  }

  private insert(): Statement {
    const { tokens } = this;
    const table = parseTableName(this.tokens);
    if (tokens.accept("VALUE")) return { kind: "insert", table, documents: this.expressions.parse(), single: true };
    if (!tokens.accept("VALUES")) return { kind: "insert", table, documents: this.expressions.parse(), single: false };
    const at = tokens.current;
    const items: Expression[] = [];
    do items.push(this.expressions.parse());
    while (tokens.acceptSymbol(","));
    return { kind: "insert", table, documents: { kind: "list", form: "bag", items, at }, single: false };
  }

  private update(): Statement {
    const at = this.tokens.current;
    const from = this.target();
    const changes = this.changes();
    return { kind: "update", from, where: this.where(), changes, at };
  }

  /** FROM t AS a WHERE … SET | INSERT INTO | REMOVE | DELETE */
  private fromFirst(): Statement {
    const at = this.tokens.current;
    const from = this.fromItems();
    const where = this.where();
    if (this.tokens.accept("DELETE")) {
      if (this.tokens.atName()) this.tokens.take();
      return { kind: "delete", from, where };
    }
    return { kind: "update", from, where, changes: this.changes(), at };
  }

  private changes(): ChangeClause[] {
    const { tokens } = this;
    const changes: ChangeClause[] = [];
    for (;;) {
      const at = tokens.current;
      if (tokens.accept("SET")) {
        do {
          const target = this.path();
          tokens.expectSymbol("=");
          changes.push({ kind: "set", target, value: this.expressions.parse(), at });
        } while (tokens.acceptSymbol(","));
      } else if (tokens.accept("INSERT", "INTO")) {
        const target = this.path();
        const each = !tokens.accept("VALUE");
        const value = this.expressions.parse();
        const index = !each && tokens.accept("AT") ? this.expressions.parse() : undefined;
        changes.push({ kind: "insert", target, value, each, index, at });
      } else if (tokens.accept("REMOVE")) {
        changes.push({ kind: "remove", target: this.path(), at });
      } else if (changes.length === 0) throw tokens.unexpected("'SET', 'INSERT INTO' or 'REMOVE'");
      else return changes;
    }
  }

  /** What a change changes: a name, or a path from one. */
  private path(): Expression {
    const expression = this.expressions.path();
    const root = expression.kind === "path" ? expression.root : expression;
    if (root.kind !== "name") throw parserError(expression.at, "expected a path of names");
    return expression;
  }
}

/** `a.b.*` in a projection: what all fields are taken of. @returns undefined for any other expression */
function allOf(expression: Expression): Expression | undefined {
  if (expression.kind !== "path" || expression.steps.at(-1)?.kind !== "values") return undefined;
  const steps = expression.steps.slice(0, -1);
  if (isMany(steps)) return undefined;
  return steps.length === 0 ? expression.root : { ...expression, steps };
}

function alsoOn(item: FromItem, on: Expression): FromItem {
  return { ...item, on: item.on === undefined ? on : { kind: "binary", operator: "AND", left: item.on, right: on, at: on.at } };
}
