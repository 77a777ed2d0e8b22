import type { Change, Expression, FromItem, Parsed, Projection, Select, Source, Statement, TableName } from "./ast.ts";
import { parserError, semanticError } from "./errors.ts";
import { tokenize } from "./lexer.ts";
import { ExpressionParser } from "./parse-expression.ts";
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
 * Parses one statement of QLDB's PartiQL: https://docs.aws.amazon.com/qldb/latest/developerguide/ql-reference.html
 * @throws LedgerError BadRequestException with line and column
 */
export function parseStatement(source: string): Parsed {
  return new StatementParser(new Tokens(tokenize(source))).parse();
}

class StatementParser {
  private readonly tokens: Tokens;
  private readonly expressions: ExpressionParser;

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
    if (tokens.accept("CREATE", "TABLE")) return { kind: "createTable", table: this.tableName() };
    if (tokens.accept("CREATE", "INDEX")) return this.createIndex();
    if (tokens.accept("DROP", "TABLE")) return { kind: "dropTable", table: this.tableName() };
    if (tokens.accept("UNDROP", "TABLE")) return { kind: "undropTable", table: this.tableName() };
    if (tokens.accept("DROP", "INDEX")) return this.dropIndex();
    if (tokens.accept("EXEC")) return this.exec();
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
    if (tokens.acceptSymbol(".")) {
      tokens.expectSymbol("*");
      return { kind: "all", of: expression, at };
    }
    return { kind: "expression", expression, as: this.alias() };
  }

  private alias(): string | undefined {
    if (this.tokens.accept("AS")) return this.tokens.expectName("a name").text;
    return this.tokens.atName() ? this.tokens.take().text : undefined;
  }

  private fromItems(): FromItem[] {
    const { tokens } = this;
    const items = [this.fromItem()];
    for (;;) {
      const at = tokens.current;
      if (items.length > maxSources) throw semanticError(at, `more than ${maxSources} sources in one FROM`);
      if (["LEFT", "RIGHT", "FULL", "OUTER"].some((word) => tokens.atKeywords(word)))
        throw semanticError(at, `${at.keyword} JOIN is not supported`);
      if (tokens.acceptSymbol(",") || tokens.accept("CROSS", "JOIN")) {
        items.push(this.fromItem());
        continue;
      }
      if (!tokens.accept("INNER", "JOIN") && !tokens.accept("JOIN")) return items;
      const item = this.fromItem();
      items.push({ ...item, on: tokens.accept("ON") ? this.expressions.parse() : undefined });
    }
  }

  private fromItem(): FromItem {
    const at = this.tokens.current;
    return this.named(this.source(), at);
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
    const table = this.tableName(true);
    const [start, end] = [0, 1].map(() => (tokens.acceptSymbol(",") ? this.expressions.parse() : undefined));
    tokens.expectSymbol(")");
    return { kind: "history", table, ...(start && { start }), ...(end && { end }) };
  }

  private tableName(byId = false): TableName {
    const { tokens } = this;
    const token = tokens.current;
    if (byId && token.kind === "string") return { name: tokens.take().text, byId: true, at: token };
    return { name: tokens.expectName("a table's name").text, byId: false, at: token };
  }

  private where(): Expression | undefined {
    return this.tokens.accept("WHERE") ? this.expressions.parse() : undefined;
  }

  /** The table of an UPDATE or DELETE with its names, and what is nested in it. */
  private target(): FromItem[] {
    const table = this.tableName();
    const items = [this.named({ kind: "expression", expression: { kind: "name", name: table.name, at: table.at } }, table.at)];
    while (this.tokens.acceptSymbol(",")) items.push(this.fromItem());
    return items;
  }

  private insert(): Statement {
    const { tokens } = this;
    const table = this.tableName();
    if (tokens.accept("VALUE")) return { kind: "insert", table, documents: this.expressions.parse(), single: true };
    if (!tokens.accept("VALUES")) return { kind: "insert", table, documents: this.expressions.parse(), single: false };
    const at = tokens.current;
    const items: Expression[] = [];
    do items.push(this.expressions.parse());
    while (tokens.acceptSymbol(","));
    return { kind: "insert", table, documents: { kind: "list", items, at }, single: false };
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

  private changes(): Change[] {
    const { tokens } = this;
    const changes: Change[] = [];
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
        tokens.expect("VALUE");
        const value = this.expressions.parse();
        const index = tokens.accept("AT") ? this.expressions.parse() : undefined;
        changes.push({ kind: "insert", target, value, index, at });
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

  /** EXEC redact_revision blockAddress, tableId, documentId */
  private exec(): Statement {
    const { tokens } = this;
    const at = tokens.expectName("a stored procedure's name");
    const name = at.text.toLowerCase();
    if (name !== "redact_revision") throw semanticError(at, `No such stored procedure: ${name}: there is redact_revision`);
    const items: Expression[] = [];
    if (tokens.current.kind !== "end" && !tokens.atSymbol(";")) {
      do items.push(this.expressions.parse());
      while (tokens.acceptSymbol(","));
    }
    if (items.length !== 3)
      throw semanticError(at, `${name} takes 3 arguments (block address, table id, document id), received ${items.length}`);
    return { kind: "exec", name, arguments: items, at };
  }

  private createIndex(): Statement {
    const { tokens } = this;
    tokens.expect("ON");
    const table = this.tableName();
    tokens.expectSymbol("(");
    const field = tokens.expectName("a field's name");
    if (tokens.atSymbol(",") || tokens.atSymbol(".")) throw semanticError(tokens.current, "an index is on one top-level field");
    tokens.expectSymbol(")");
    return { kind: "createIndex", table, field: field.text, at: field };
  }

  private dropIndex(): Statement {
    const { tokens } = this;
    const index = tokens.take();
    if (index.kind !== "quoted" && index.kind !== "string") throw parserError(index, "expected an index id in quotation marks");
    tokens.expect("ON");
    const table = this.tableName();
    tokens.expect("WITH");
    tokens.expectSymbol("(");
    tokens.expect("PURGE");
    tokens.expectSymbol("=");
    tokens.expect("TRUE");
    tokens.expectSymbol(")");
    return { kind: "dropIndex", indexId: index.text, table, at: index };
  }
}
