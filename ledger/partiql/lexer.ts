import { IonError } from "../ion/errors.ts";
import { readTextSteps } from "../ion/text-reader.ts";
import { type IonValue, ionLimits } from "../ion/value.ts";
import { lexerError, type Position } from "./errors.ts";

export type TokenKind = "word" | "quoted" | "string" | "number" | "ion" | "parameter" | "symbol" | "end";

export interface Token extends Position {
  readonly kind: TokenKind;
  /** A word as written, a literal's content, a symbol. */
  readonly text: string;
  /** The word in upper case: keywords are told apart by it. */
  readonly keyword: string;
  /** Of a literal in backticks its value, or what is wrong with it. */
  readonly ion?: IonValue | IonError;
}

/** A comment that is not closed reaches to the end: it is looked at once. */
const blank = /\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y;
const word = /[A-Za-z_$\u0080-\uffff][\w$\u0080-\uffff]*/y;
const number = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const symbol = /<<|>>|<=|>=|<>|!=|\|\||[-+*/%=<>(),.;:?[\]{}@]/y;
const quotes: Record<string, TokenKind> = { "'": "string", '"': "quoted", "`": "ion" };

/** How many tokens are found in one step. */
const tokensAtOnce = 500;

/**
 * Splits a statement into tokens, the last of which is the end.
 * @returns yields wherever others may have their turn
 * @throws LedgerError for text that begins no token
 */
export function* tokenSteps(source: string): Generator<undefined, Token[]> {
  const tokens: Token[] = [];
  const values = { left: ionLimits.values };
  let at = 0;
  let line = 1;
  let lineStart = 0;
  const position = (): Position => ({ line, column: at - lineStart + 1 });
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  const advance = (length: number): void => {
    for (let newline = source.indexOf("\n", at); newline >= 0 && newline < at + length; newline = source.indexOf("\n", newline + 1)) {
      line++;
      lineStart = newline + 1;
    }
    at += length;
  };
  while (at < source.length) {
    if (tokens.length % tokensAtOnce === tokensAtOnce - 1) yield undefined;
    const space = match(blank);
    if (space !== undefined) {
      if (space.startsWith("/*") && (space.length < 4 || !space.endsWith("*/"))) throw lexerError(position(), "the comment is not closed");
      advance(space.length);
      continue;
    }
    const where = position();
    const add = (kind: TokenKind, text: string, length: number, ion?: IonValue | IonError) => {
      tokens.push({ kind, text, keyword: kind === "word" ? text.toUpperCase() : "", ...where, ...(ion && { ion }) });
      advance(length);
    };
    const quote = quotes[source[at] ?? ""];
    if (quote !== undefined) {
      const length = quote === "ion" ? ionLength(source, at) : quotedLength(source, at);
      if (length === undefined) throw lexerError(where, "the quotation is not closed");
      const inner = source.slice(at + 1, at + length - 1);
      const mark = source[at] ?? "";
      if (quote === "ion") add(quote, inner, length, yield* ionSteps(inner, values));
      else add(quote, inner.replaceAll(mark + mark, mark), length);
      continue;
    }
    const found = match(word);
    if (found !== undefined) {
      add("word", found, found.length);
      continue;
    }
    const digits = match(number);
    if (digits !== undefined) {
      if (digits.length > ionLimits.digits)
        throw lexerError(where, `a number of ${digits.length} characters: allowed are ${ionLimits.digits}`);
      add("number", digits, digits.length);
      continue;
    }
    const sign = match(symbol);
    if (sign === undefined) throw lexerError(where, `unexpected character '${String.fromCodePoint(source.codePointAt(at) ?? 0)}'`);
    add(sign === "?" ? "parameter" : "symbol", sign, sign.length);
  }
  tokens.push({ kind: "end", text: "", keyword: "", ...position() });
  return tokens;
}

/** What is wrong with a literal is told where the parser meets it. */
function* ionSteps(source: string, values: { left: number }): Generator<undefined, IonValue | IonError> {
  try {
    return yield* readTextSteps(source, { values });
  } catch (error) {
    if (error instanceof IonError) return error;
    throw error;
  }
}

/** Length of a quotation with its marks; a doubled mark inside stands for one. */
function quotedLength(source: string, start: number): number | undefined {
  const mark = source[start];
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] !== mark) continue;
    if (source[at + 1] === mark) at++;
    else return at - start + 1;
  }
  return undefined;
}

/** Ion text may hold backticks inside its own strings, symbols and comments. */
function ionLength(source: string, start: number): number | undefined {
  // What is not closed reaches to the end: it is looked at once.
  const piece =
    /`|"(?:[^"\\]|\\[\s\S])*(?:"|\\?$)|'''(?:[^\\]|\\[\s\S])*?(?:'''|\\?$)|'(?:[^'\\]|\\[\s\S])*(?:'|\\?$)|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[\s\S]/y;
  for (let at = start + 1; at < source.length; ) {
    piece.lastIndex = at;
    const found = piece.exec(source)?.[0] ?? "`";
    if (found === "`") return at - start + 1;
    at += found.length;
  }
  return undefined;
}
