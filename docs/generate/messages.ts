import ts from "typescript";
import { type BoundSources, nodesOf, readSources } from "./sources.ts";
import { hasWords, notKnown, Wording } from "./wording.ts";

/** A message that a user may see, as the sources have it. */
export interface SourceMessage {
  /** In one line; `…` stands for what only the running program knows. */
  readonly text: string;
  /** What the message itself says below it, each way of it. */
  readonly hints: readonly string[];
  /** The error's class. */
  readonly kind: string;
  /** Relative to the root. */
  readonly file: string;
}

export interface SourceMessages {
  readonly messages: readonly SourceMessage[];
  /** Where errors are made of words that are all somebody else's, such as those of another error: `file: expression`. */
  readonly borrowed: readonly string[];
}

/** Where a class has its message and its hint: which arguments of `new`, or what it writes itself. */
interface ErrorClass {
  readonly declaration: ts.ClassDeclaration;
  readonly message: number | ts.Expression;
  readonly hint: number | ts.Expression | undefined;
  /** The hint that counts where none is given. */
  readonly byDefault: ts.Expression | undefined;
}

/**
 * Every message of an error of ours that is for users: of UserError, of classes below it, and of the other classes of errors, where
 * these are not a server's own.
 * @param texts of sources, by paths relative to the root
 */
export function sourceMessages(texts: ReadonlyMap<string, string>): SourceMessages {
  const sources = readSources(texts);
  const wording = new Wording(sources);
  const classes = errorClasses(sources);
  const found: SourceMessage[] = [];
  const borrowed: string[] = [];
  const add = (at: ts.Node, { declaration }: ErrorClass, message: ts.Expression | undefined, hint: ts.Expression | undefined) => {
    const said = { hints: wording.texts(hint).filter((text) => text !== notKnown), kind: declaration.name?.text ?? "" };
    const file = at.getSourceFile().fileName.slice(1);
    const worded = wording.texts(message).filter(hasWords);
    if (worded.length === 0) borrowed.push(`${file}: ${message?.getText()}`);
    found.push(...worded.map((text) => ({ text, ...said, file })));
  };
  for (const each of classes.values())
    if (typeof each.message !== "number") add(each.declaration, each, each.message, typeof each.hint === "number" ? undefined : each.hint);
  for (const made of nodesOf(sources.files, ts.isNewExpression)) {
    const each = classes.get(sources.declarationOf(made.expression));
    if (each === undefined || typeof each.message !== "number" || isAboutServers(made)) continue;
    const { arguments: all = [] } = made;
    add(made, each, all[each.message], typeof each.hint === "number" ? (all[each.hint] ?? each.byDefault) : each.hint);
  }
  return { messages: merged(found), borrowed };
}

/** Servers' errors go to their clients and logs, in words that are QLDB's. */
function isAboutServers(node: ts.Node): boolean {
  return /^\/(ledger\/(?!client\/)|key-feeder\/)/.test(node.getSourceFile().fileName);
}

function errorClasses(sources: BoundSources): ReadonlyMap<ts.Declaration | undefined, ErrorClass> {
  const all = nodesOf(sources.files, ts.isClassDeclaration).filter((each) => !isAboutServers(each));
  const found = new Map<ts.Declaration | undefined, ErrorClass>();
  // Classes come in any order: those of a class below are found once that one is.
  for (let size = -1; size < found.size; ) {
    size = found.size;
    for (const declaration of all) {
      const parent = parentOf(declaration);
      if (parent === undefined || found.has(declaration)) continue;
      const inherited =
        parent.getText() === "Error" ? { message: 0, hint: undefined, byDefault: undefined } : found.get(sources.declarationOf(parent));
      if (inherited !== undefined) found.set(declaration, { declaration, ...ownWords(declaration, inherited) });
    }
  }
  return found;
}

function parentOf({ heritageClauses }: ts.ClassDeclaration): ts.Expression | undefined {
  return heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0]?.expression;
}

type Words = Omit<ErrorClass, "declaration">;

/** What a class's constructor hands to that of the class above. */
function ownWords(declaration: ts.ClassDeclaration, above: Words): Words {
  const own = declaration.members.find(ts.isConstructorDeclaration);
  if (own === undefined) return { message: above.message, hint: above.hint, byDefault: above.byDefault };
  const call = nodesOfBody(own).find(({ expression }) => expression.kind === ts.SyntaxKind.SuperKeyword);
  const passed = (place: number | ts.Expression | undefined) => {
    const argument = typeof place === "number" ? call?.arguments[place] : place;
    const index = own.parameters.findIndex(({ name }) => argument !== undefined && name.getText() === argument.getText());
    return index === -1 ? argument : index;
  };
  const hint = own.parameters.findIndex(({ name }) => name.getText() === "hint");
  const byDefault = own.parameters[hint]?.initializer ?? above.byDefault;
  return { message: passed(above.message) ?? 0, hint: hint === -1 ? passed(above.hint) : hint, byDefault };
}

function nodesOfBody(own: ts.ConstructorDeclaration): readonly ts.CallExpression[] {
  const found: ts.CallExpression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(own, visit);
  return found;
}

/** One entry for a message of one file, whose hints are all that it may have. */
function merged(found: readonly SourceMessage[]): readonly SourceMessage[] {
  const entries = new Map<string, SourceMessage>();
  for (const each of found) {
    const key = `${each.file}\n${each.text}`;
    entries.set(key, { ...each, hints: [...new Set([...(entries.get(key)?.hints ?? []), ...each.hints])] });
  }
  return [...entries.values()].sort((a, b) => (a.file === b.file ? 0 : a.file < b.file ? -1 : 1));
}
