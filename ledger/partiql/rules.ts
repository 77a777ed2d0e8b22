/** Where an answer of ours comes from: QLDB's developer guide, PartiQL's reference implementation of 2020, or what a user of QLDB reported. */
export type RuleSource = "manual" | "reference implementation" | "report";

/** A rule of the language that is not told by SQL, and whom it follows. */
export interface LanguageRule {
  readonly rule: string;
  readonly follows: RuleSource;
  /** Statements that it may be about; undefined for a rule of sessions. */
  readonly about: RegExp | undefined;
}

/** docs/ledger.md shows the same list. */
export const languageRules: readonly LanguageRule[] = [
  {
    rule: "SUBSTRING without a length begins at 1 at the earliest; with one it counts from where it says",
    follows: "manual",
    about: /\bsubstring\b/i,
  },
  {
    rule: "IN looks at the items of a list, bag or sexp; (…) holds items; other sets give NULL",
    follows: "reference implementation",
    about: /\bin\b/i,
  },
  { rule: "[*] and .* lead to a bag of everything below", follows: "reference implementation", about: /\[\*\]|\.\*/ },
  { rule: "a source that is absent or no collection is one row", follows: "reference implementation", about: /\bfrom\b/i },
  { rule: "* shows what BY and AT name, too", follows: "reference implementation", about: /\*[\s\S]*\b(?:by|at)\b/i },
  { rule: "operators and functions on MISSING give NULL", follows: "reference implementation", about: /[-+*/%=<>|]|\bnot\b|\w\(/i },
  { rule: "a wrong type is an error", follows: "reference implementation", about: /[-+*/%<>|]|\b(?:not|where|case|like)\b|\w\(/i },
  {
    rule: "timestamp formats are read strictly; n is nanoseconds, MMMMM one letter",
    follows: "reference implementation",
    about: /\bto_(?:timestamp|string)\b/i,
  },
  {
    rule: "decimals keep their scale, as java.math.BigDecimal with 38 digits",
    follows: "reference implementation",
    about: /[-+*/%]|\b(?:sum|avg)\b/i,
  },
  { rule: "bags have no order, and equal no list", follows: "reference implementation", about: /<</ },
  { rule: "INSERT INTO a path without VALUE takes each item of a collection", follows: "manual", about: /\binsert\s+into\b/i },
  {
    rule: "CAST reads ints as Ion writes them, and decimals without digits on one side",
    follows: "reference implementation",
    about: /\bcast\b/i,
  },
  { rule: "StartTransaction while one is open is refused", follows: "report", about: undefined },
  { rule: "the bounds of a history lie in the past, in their order, and both count", follows: "manual", about: /\bhistory\b/i },
  { rule: "the outermost query alone sees tables", follows: "manual", about: /\([\s(]*select\b/i },
  { rule: "JOIN needs ON", follows: "manual", about: /\bjoin\b/i },
  { rule: "names of tables are no reserved words, and do not begin with _ql_", follows: "manual", about: /\bcreate\s+table\b/i },
  { rule: "an index is on a field with a name of at most 128 characters", follows: "manual", about: /\bcreate\s+index\b/i },
  { rule: "a name that is hidden by its alias, or no field of a view, is an error", follows: "report", about: /\bfrom\b/i },
  { rule: "an UPDATE answers a row for each assignment", follows: "report", about: /\bset\b/i },
];

/** The rules that a statement may fall under. */
export function rulesFor(statement: string): readonly LanguageRule[] {
  return languageRules.filter(({ about }) => about?.test(statement));
}
