import { parserError } from "./errors.ts";
import type { Token } from "./lexer.ts";
import { reservedWords } from "./reserved-words.ts";

/** Steps through tokens. */
export class Tokens {
  private readonly tokens: readonly Token[];
  private next = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  get current(): Token {
    return this.peek(0);
  }

  peek(ahead: number): Token {
    const token = this.tokens[Math.min(this.next + ahead, this.tokens.length - 1)];
    if (token === undefined) throw new Error("a token list without an end");
    return token;
  }

  take(): Token {
    const token = this.current;
    this.next++;
    return token;
  }

  /** @returns whether the next tokens are these keywords */
  atKeywords(...keywords: readonly string[]): boolean {
    return keywords.every((keyword, index) => this.peek(index).keyword === keyword);
  }

  /** Takes the keywords where they come next. */
  accept(...keywords: readonly string[]): boolean {
    if (!this.atKeywords(...keywords)) return false;
    this.next += keywords.length;
    return true;
  }

  expect(...keywords: readonly string[]): Token {
    const first = this.current;
    for (const keyword of keywords) if (!this.accept(keyword)) throw this.unexpected(`'${keyword}'`);
    return first;
  }

  atSymbol(symbol: string): boolean {
    return this.current.kind === "symbol" && this.current.text === symbol;
  }

  acceptSymbol(symbol: string): boolean {
    if (!this.atSymbol(symbol)) return false;
    this.next++;
    return true;
  }

  expectSymbol(symbol: string): Token {
    if (!this.atSymbol(symbol)) throw this.unexpected(`'${symbol}'`);
    return this.take();
  }

  /** Whether a name comes next: quoted, or a word that is not reserved. */
  atName(): boolean {
    const { kind, keyword } = this.current;
    return kind === "quoted" || (kind === "word" && !reservedWords.has(keyword));
  }

  expectName(what: string): Token {
    if (!this.atName()) throw this.unexpectedName(what);
    return this.take();
  }

  /** As unexpected; where a reserved word stands, the error tells how to make a name of it. */
  unexpectedName(wanted: string) {
    const { kind, text, keyword } = this.current;
    if (kind !== "word" || !reservedWords.has(keyword)) return this.unexpected(wanted);
    return parserError(this.current, `expected ${wanted}, found '${text}', a reserved word: as a name it is written "${text}"`);
  }

  unexpected(wanted: string) {
    const { kind, text } = this.current;
    return parserError(this.current, `expected ${wanted}, found ${kind === "end" ? "the end of the statement" : `'${text}'`}`);
  }
}
