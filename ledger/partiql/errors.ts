import { badRequest, type LedgerError } from "../transaction/errors.ts";

/** Where something stands in a statement; both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export function lexerError(at: Position, what: string): LedgerError {
  return badRequest(`Lexer Error: at line ${at.line}, column ${at.column}: ${what}`);
}

export function parserError(at: Position, what: string): LedgerError {
  return badRequest(`Parser Error: at line ${at.line}, column ${at.column}: ${what}`);
}

export function semanticError(at: Position, what: string): LedgerError {
  return badRequest(`Semantic Error: at line ${at.line}, column ${at.column}: ${what}`);
}

export function noSuchVariable(at: Position, name: string): LedgerError {
  return semanticError(at, `No such variable named '${name}'`);
}

export function evaluationError(at: Position, what: string): LedgerError {
  return badRequest(`Evaluator Error: at line ${at.line}, column ${at.column}: ${what}`);
}
