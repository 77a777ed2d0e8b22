import type { Expression, Statement, TableName } from "./ast.ts";
import { parserError, semanticError } from "./errors.ts";
import type { ExpressionParser } from "./parse-expression.ts";
import type { Tokens } from "./tokens.ts";

/** Parses what makes and drops tables and indexes, and EXEC. @returns undefined where another statement begins */
export function parseDefinition(tokens: Tokens, expressions: ExpressionParser): Statement | undefined {
  if (tokens.accept("CREATE", "TABLE")) return createTable(tokens, expressions);
  if (tokens.accept("CREATE", "INDEX")) return createIndex(tokens);
  if (tokens.accept("DROP", "TABLE")) return { kind: "dropTable", table: parseTableName(tokens) };
  if (tokens.accept("UNDROP", "TABLE")) return { kind: "undropTable", table: parseTableName(tokens) };
  if (tokens.accept("DROP", "INDEX")) return dropIndex(tokens);
  return tokens.accept("EXEC") ? exec(tokens, expressions) : undefined;
}

/** @param byId whether a text literal may stand for the table's id */
export function parseTableName(tokens: Tokens, byId = false): TableName {
  const token = tokens.current;
  if (byId && token.kind === "string") return { name: tokens.take().text, byId: true, at: token };
  return { name: tokens.expectName("a table's name").text, byId: false, at: token };
}

/** EXEC redact_revision blockAddress, tableId, documentId */
function exec(tokens: Tokens, expressions: ExpressionParser): Statement {
  const at = tokens.expectName("a stored procedure's name");
  const name = at.text.toLowerCase();
  if (name !== "redact_revision") throw semanticError(at, `No such stored procedure: ${name}: there is redact_revision`);
  const items: Expression[] = [];
  if (tokens.current.kind !== "end" && !tokens.atSymbol(";")) {
    do items.push(expressions.parse());
    while (tokens.acceptSymbol(","));
  }
  if (items.length !== 3)
    throw semanticError(at, `${name} takes 3 arguments (block address, table id, document id), received ${items.length}`);
  return { kind: "exec", name, arguments: items, at };
}

/** CREATE TABLE name [WITH (aws_tags = `{'key': 'value'}`)]: tags are for access rules, which there are none of here; they are checked alone. */
function createTable(tokens: Tokens, expressions: ExpressionParser): Statement {
  const table = parseTableName(tokens);
  if (!tokens.accept("WITH")) return { kind: "createTable", table };
  tokens.expectSymbol("(");
  tokens.expect("AWS_TAGS");
  tokens.expectSymbol("=");
  const tags = expressions.parse();
  tokens.expectSymbol(")");
  const value = tags.kind === "literal" ? tags.value : undefined;
  if (value?.type !== "struct" || value.fields.some((field) => field.value.type !== "string" && field.value.type !== "symbol"))
    throw semanticError(tags.at, "aws_tags has to be an Ion struct of texts in backticks");
  return { kind: "createTable", table };
}

function createIndex(tokens: Tokens): Statement {
  tokens.expect("ON");
  const table = parseTableName(tokens);
  tokens.expectSymbol("(");
  const field = tokens.expectName("a field's name");
  if (tokens.atSymbol(",") || tokens.atSymbol(".")) throw semanticError(tokens.current, "an index is on one top-level field");
  tokens.expectSymbol(")");
  return { kind: "createIndex", table, field: field.text, at: field };
}

function dropIndex(tokens: Tokens): Statement {
  const index = tokens.take();
  if (index.kind !== "quoted" && index.kind !== "string") throw parserError(index, "expected an index id in quotation marks");
  tokens.expect("ON");
  const table = parseTableName(tokens);
  tokens.expect("WITH");
  tokens.expectSymbol("(");
  tokens.expect("PURGE");
  tokens.expectSymbol("=");
  tokens.expect("TRUE");
  tokens.expectSymbol(")");
  return { kind: "dropIndex", indexId: index.text, table, at: index };
}
