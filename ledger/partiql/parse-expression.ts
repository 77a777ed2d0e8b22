import { IonError } from "../ion/errors.ts";
import { decimal, type IonValue, int, ionLimits, nullValue, text } from "../ion/value.ts";
import type { BinaryOperator, Branch, Expression, Select, Step, TypeName } from "./ast.ts";
import { type Position, parserError } from "./errors.ts";
import type { Token } from "./lexer.ts";
import type { Tokens } from "./tokens.ts";
import { missing } from "./values.ts";

/** Deeper expressions are refused, and longer chains of operators or steps: recursion has to end before the stack does. */
const maxDepth = 200;
const maxChain = 1000;

const comparisons = new Map<string, BinaryOperator>([
  ...(["=", "<>", "<", "<=", ">", ">="] as const).map((sign): [string, BinaryOperator] => [sign, sign]),
  ["!=", "<>"],
]);

/** What may be used as an operator's level: `a + b`, `a || b`, … */
const levels: readonly ReadonlyMap<string, BinaryOperator>[] = [
  new Map([["||", "||"]]),
  new Map([
    ["+", "+"],
    ["-", "-"],
  ]),
  new Map([
    ["*", "*"],
    ["/", "/"],
    ["%", "%"],
  ]),
];

/** Parses expressions, by descent from the loosest operator to the tightest. */
export class ExpressionParser {
  /** How many `?` were met. */
  parameters = 0;
  private readonly tokens: Tokens;
  private readonly select: () => Select;
  private depth = 0;

  /** @param select parses a SELECT, for subqueries */
  constructor(tokens: Tokens, select: () => Select) {
    this.tokens = tokens;
    this.select = select;
  }

  parse(): Expression {
    if (++this.depth > maxDepth) throw parserError(this.tokens.current, `expressions are nested deeper than ${maxDepth}`);
    const expression = this.or();
    this.depth--;
    return expression;
  }

  /** @param length of a chain so far, such as `a + b + c`, which nests as deeply as it is long */
  private limit(length: number, at: Position): void {
    if (length > maxChain) throw parserError(at, `more than ${maxChain} operators or steps in a row`);
  }

  private or(): Expression {
    let left = this.and();
    let length = 0;
    for (let at = this.tokens.current; this.tokens.accept("OR"); at = this.tokens.current) {
      this.limit(++length, at);
      left = { kind: "binary", operator: "OR", left, right: this.and(), at };
    }
    return left;
  }

  private and(): Expression {
    let left = this.not();
    let length = 0;
    for (let at = this.tokens.current; this.tokens.accept("AND"); at = this.tokens.current) {
      this.limit(++length, at);
      left = { kind: "binary", operator: "AND", left, right: this.not(), at };
    }
    return left;
  }

  private not(): Expression {
    const at = this.tokens.current;
    if (!this.tokens.accept("NOT")) return this.comparison();
    if (++this.depth > maxDepth) throw parserError(at, `expressions are nested deeper than ${maxDepth}`);
    const operand = this.not();
    this.depth--;
    return { kind: "not", operand, at };
  }

  private comparison(): Expression {
    let left = this.level(0);
    for (let length = 0; ; length++) {
      const at = this.tokens.current;
      this.limit(length, at);
      const operator = at.kind === "symbol" ? comparisons.get(at.text) : undefined;
      if (operator !== undefined) {
        this.tokens.take();
        left = { kind: "binary", operator, left, right: this.level(0), at };
        continue;
      }
      const test = this.test(left, at);
      if (test === undefined) return left;
      left = test;
    }
  }

  /** IS, IN, BETWEEN and LIKE, each possibly with NOT. */
  private test(operand: Expression, at: Position): Expression | undefined {
    const { tokens } = this;
    if (tokens.accept("IS")) {
      const negated = tokens.accept("NOT");
      return { kind: "is", operand, type: this.typeName(), negated, at };
    }
    const negated = tokens.atKeywords("NOT") && ["IN", "BETWEEN", "LIKE"].includes(tokens.peek(1).keyword) && tokens.accept("NOT");
    if (tokens.accept("IN")) return { kind: "in", operand, set: this.set(), negated, at };
    if (tokens.accept("BETWEEN")) {
      const low = this.level(0);
      tokens.expect("AND");
      return { kind: "between", operand, low, high: this.level(0), negated, at };
    }
    if (!tokens.accept("LIKE")) return undefined;
    const pattern = this.level(0);
    const mark = tokens.accept("ESCAPE") ? this.level(0) : undefined;
    return { kind: "like", operand, pattern, ...(mark && { escape: mark }), negated, at };
  }

  /** What IN looks in: `(a, b)`, a list, a subquery, or any expression. */
  private set(): Expression {
    const at = this.tokens.current;
    if (!this.tokens.atSymbol("(") || this.tokens.peek(1).keyword === "SELECT") return this.level(0);
    this.tokens.take();
    const items = this.until(")");
    return { kind: "list", form: "row", items, at };
  }

  private typeName(): TypeName {
    const { tokens } = this;
    const token = tokens.take();
    if (token.kind !== "word") throw parserError(token, `expected a type, found '${token.text}'`);
    if (token.keyword === "DOUBLE") tokens.accept("PRECISION");
    const parameters: number[] = [];
    if (tokens.acceptSymbol("(")) {
      do {
        const given = tokens.take();
        if (given.kind !== "number" || !/^\d+$/.test(given.text))
          throw parserError(given, `expected a whole number, found '${given.text}'`);
        parameters.push(Number(given.text));
      } while (tokens.acceptSymbol(","));
      tokens.expectSymbol(")");
    }
    return { name: token.keyword, parameters };
  }

  private level(index: number): Expression {
    const operators = levels[index];
    if (operators === undefined) return this.sign();
    let left = this.level(index + 1);
    for (let length = 0; ; length++) {
      const at = this.tokens.current;
      this.limit(length, at);
      const operator = at.kind === "symbol" ? operators.get(at.text) : undefined;
      if (operator === undefined) return left;
      this.tokens.take();
      left = { kind: "binary", operator, left, right: this.level(index + 1), at };
    }
  }

  private sign(): Expression {
    const at = this.tokens.current;
    if (!this.tokens.atSymbol("-") && !this.tokens.atSymbol("+")) return this.path();
    if (++this.depth > maxDepth) throw parserError(at, `expressions are nested deeper than ${maxDepth}`);
    const negative = this.tokens.take().text === "-";
    const operand = this.sign();
    this.depth--;
    return { kind: "sign", negative, operand, at };
  }

  /** A primary expression and the steps behind it. */
  path(): Expression {
    const at = this.tokens.current;
    const root = this.primary();
    const steps = this.steps();
    return steps.length === 0 ? root : { kind: "path", root, steps, at };
  }

  private steps(): Step[] {
    const { tokens } = this;
    const steps: Step[] = [];
    for (;;) {
      const at = tokens.current;
      this.limit(steps.length, at);
      if (tokens.atSymbol(".") && tokens.peek(1).text === "*" && tokens.peek(1).kind === "symbol") {
        tokens.take();
        tokens.take();
        steps.push({ kind: "values", at });
      } else if (tokens.acceptSymbol(".")) {
        const name = tokens.take();
        if (name.kind !== "word" && name.kind !== "quoted" && name.kind !== "string")
          throw parserError(name, `expected a field's name, found '${name.text}'`);
        steps.push({ kind: "field", name: name.text, at });
      } else if (tokens.acceptSymbol("[")) {
        if (tokens.acceptSymbol("*")) steps.push({ kind: "items", at });
        else steps.push({ kind: "index", index: this.parse(), at });
        tokens.expectSymbol("]");
      } else return steps;
    }
  }

  private primary(): Expression {
    const at = this.tokens.current;
    if (at.kind === "symbol") return this.bracketed(at);
    if (at.kind === "word" && !(this.tokens.atName() && !this.isCall())) return this.keyword(at);
    this.tokens.take();
    switch (at.kind) {
      case "string":
        return { kind: "literal", value: text(at.text), at };
      case "number":
        return { kind: "literal", value: numberLiteral(at), at };
      case "ion":
        return { kind: "literal", value: ionLiteral(at), at };
      case "parameter":
        return { kind: "parameter", index: this.parameters++, at };
      case "word":
      case "quoted":
        return { kind: "name", name: at.text, at };
      default:
        throw parserError(at, "expected an expression, found the end of the statement");
    }
  }

  private isCall(): boolean {
    const after = this.tokens.peek(1);
    return after.kind === "symbol" && after.text === "(";
  }

  private bracketed(at: Token): Expression {
    const { tokens } = this;
    if (tokens.acceptSymbol("(")) {
      const inner: Expression = tokens.atKeywords("SELECT") ? { kind: "select", select: this.select(), at } : this.parse();
      if (tokens.acceptSymbol(",")) return { kind: "list", form: "row", items: [inner, ...this.until(")")], at };
      tokens.expectSymbol(")");
      return inner;
    }
    if (tokens.acceptSymbol("[")) return { kind: "list", form: "list", items: this.until("]"), at };
    if (tokens.acceptSymbol("<<")) return { kind: "list", form: "bag", items: this.until(">>"), at };
    if (tokens.acceptSymbol("{")) return this.struct(at);
    if (tokens.acceptSymbol("@")) {
      const name = tokens.expectName("a name");
      return { kind: "name", name: name.text, local: true, at: name };
    }
    throw tokens.unexpected("an expression");
  }

  private struct(at: Position): Expression {
    const { tokens } = this;
    const fields: { name: Expression; value: Expression }[] = [];
    while (!tokens.acceptSymbol("}")) {
      if (fields.length > 0) tokens.expectSymbol(",");
      const name = this.parse();
      tokens.expectSymbol(":");
      fields.push({ name, value: this.parse() });
    }
    return { kind: "struct", fields, at };
  }

  /** A list up to its closing sign, which is taken. */
  private until(close: string): Expression[] {
    const items: Expression[] = [];
    while (!this.tokens.acceptSymbol(close)) {
      if (items.length > 0) this.tokens.expectSymbol(",");
      items.push(this.parse());
    }
    return items;
  }

  private keyword(at: Token): Expression {
    const { tokens } = this;
    if (tokens.accept("NULL")) return { kind: "literal", value: nullValue, at };
    if (tokens.accept("MISSING")) return { kind: "literal", value: missing, at };
    if (tokens.accept("TRUE")) return { kind: "literal", value: { type: "bool", value: true }, at };
    if (tokens.accept("FALSE")) return { kind: "literal", value: { type: "bool", value: false }, at };
    if (tokens.accept("CASE")) return this.cases(at);
    if (this.isCall()) return this.call(at);
    throw tokens.unexpectedName("an expression");
  }

  private cases(at: Position): Expression {
    const { tokens } = this;
    const operand = tokens.atKeywords("WHEN") ? undefined : this.parse();
    const branches: Branch[] = [];
    while (tokens.accept("WHEN")) {
      const when = this.parse();
      tokens.expect("THEN");
      branches.push({ when, result: this.parse() });
    }
    if (branches.length === 0) throw tokens.unexpected("'WHEN'");
    const otherwise = tokens.accept("ELSE") ? this.parse() : undefined;
    tokens.expect("END");
    return { kind: "case", ...(operand && { operand }), branches, ...(otherwise && { otherwise }), at };
  }

  private call(at: Token): Expression {
    const { tokens } = this;
    const name = tokens.take().keyword;
    tokens.expectSymbol("(");
    if (name === "CAST") {
      const operand = this.parse();
      tokens.expect("AS");
      const type = this.typeName();
      tokens.expectSymbol(")");
      return { kind: "cast", operand, type, at };
    }
    if (name === "EXTRACT" || name === "DATE_ADD" || name === "DATE_DIFF") return this.datePartCall(name, at);
    if (name === "TRIM") return this.trim(at);
    if (name === "SUBSTRING") return this.substring(at);
    if (tokens.acceptSymbol("*")) {
      tokens.expectSymbol(")");
      return { kind: "call", name, arguments: [], star: true, at };
    }
    const distinct = tokens.accept("DISTINCT");
    if (!distinct) tokens.accept("ALL");
    if (tokens.atKeywords("SELECT")) {
      const select = this.select();
      tokens.expectSymbol(")");
      return { kind: "call", name, arguments: [{ kind: "select", select, at }], at };
    }
    return { kind: "call", name, arguments: this.until(")"), ...(distinct && { distinct }), at };
  }

  /** EXTRACT(part FROM t), DATE_ADD(part, n, t), DATE_DIFF(part, t, t). */
  private datePartCall(name: string, at: Position): Expression {
    const part = this.tokens.take();
    if (part.kind !== "word") throw parserError(part, `expected a part of time such as YEAR, found '${part.text}'`);
    if (name === "EXTRACT") this.tokens.expect("FROM");
    else this.tokens.expectSymbol(",");
    return { kind: "call", name, arguments: [{ kind: "literal", value: text(part.keyword), at: part }, ...this.until(")")], at };
  }

  /** TRIM([[LEADING | TRAILING | BOTH] [characters] FROM] text) */
  private trim(at: Position): Expression {
    const { tokens } = this;
    const side = ["LEADING", "TRAILING", "BOTH"].find((each) => tokens.accept(each));
    const first = tokens.atKeywords("FROM") ? undefined : this.parse();
    if (side !== undefined && !tokens.atKeywords("FROM")) throw tokens.unexpected("'FROM'");
    const operand = tokens.accept("FROM") ? this.parse() : undefined;
    tokens.expectSymbol(")");
    const characters: Expression = operand !== undefined && first !== undefined ? first : { kind: "literal", value: text(" "), at };
    const subject = operand ?? first;
    if (subject === undefined) throw tokens.unexpected("an expression");
    return { kind: "call", name: "TRIM", arguments: [{ kind: "literal", value: text(side ?? "BOTH"), at }, characters, subject], at };
  }

  /** SUBSTRING(text, start [, length]) or SUBSTRING(text FROM start [FOR length]) */
  private substring(at: Position): Expression {
    const { tokens } = this;
    const subject = this.parse();
    if (!tokens.accept("FROM")) {
      tokens.expectSymbol(",");
      return { kind: "call", name: "SUBSTRING", arguments: [subject, ...this.until(")")], at };
    }
    const start = this.parse();
    const length = tokens.accept("FOR") ? [this.parse()] : [];
    tokens.expectSymbol(")");
    return { kind: "call", name: "SUBSTRING", arguments: [subject, start, ...length], at };
  }
}

function numberLiteral(token: Token): IonValue {
  const digits = token.text;
  if (/^\d+$/.test(digits)) return int(BigInt(digits));
  const [mantissa = "", power = "0"] = digits.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const exponent = Number(power) - fraction.length;
  if (Math.abs(exponent) > ionLimits.exponent) throw parserError(token, `the exponent of ${digits} is too large`);
  return decimal(BigInt(whole + fraction), exponent);
}

function ionLiteral(token: Token): IonValue {
  const { ion } = token;
  if (ion === undefined || ion instanceof IonError) throw parserError(token, `invalid Ion literal: ${ion?.message}`);
  return ion;
}
