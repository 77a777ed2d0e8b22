import ts from "typescript";
import { functionOf, isConstant, type OwnFunction, returnedBy } from "./functions.ts";
import { type BoundSources, nodesOf } from "./sources.ts";

/** What stands for a part of a text that only the running program knows. */
export const notKnown = "…";

/** How far names and functions are followed. */
const deepest = 8;

/** True for a text with words of its own. */
export function hasWords(text: string): boolean {
  return /\p{L}{2}/u.test(text);
}

/** Finds out what an expression may say, as far as the sources alone tell. */
export class Wording {
  private readonly sources: BoundSources;
  /** Calls of functions of ours, by the function. */
  private readonly calls = new Map<ts.Node, ts.CallExpression[]>();
  /** What is pushed onto lists, by the list's declaration. */
  private readonly pushed = new Map<ts.Node, ts.Expression[]>();

  constructor(sources: BoundSources) {
    this.sources = sources;
    for (const call of nodesOf(sources.files, ts.isCallExpression)) {
      const called = functionOf(sources, call.expression);
      if (called !== undefined) this.calls.set(called, [...(this.calls.get(called) ?? []), call]);
      const list = methodOf(call, "push");
      const declaration = list !== undefined && ts.isIdentifier(list) ? sources.declarationOf(list) : undefined;
      if (declaration !== undefined) this.pushed.set(declaration, [...(this.pushed.get(declaration) ?? []), ...call.arguments]);
    }
  }

  /** The texts that an expression may have, with `…` for what is not known; nothing for undefined. */
  texts(expression: ts.Expression | undefined): readonly string[] {
    if (expression === undefined) return [];
    return [...new Set(this.read(expression, deepest).map(tidied))].filter((text) => text !== "");
  }

  private read(node: ts.Expression, depth: number): readonly string[] {
    if (depth === 0) return [notKnown];
    if (ts.isStringLiteralLike(node)) return [node.text];
    if (ts.isTemplateExpression(node)) return this.template(node, depth);
    if (isWrapped(node)) return this.read(node.expression, depth);
    if (ts.isConditionalExpression(node)) return [...this.read(node.whenTrue, depth), ...this.read(node.whenFalse, depth)];
    if (ts.isBinaryExpression(node)) return this.binary(node, depth);
    if (ts.isIdentifier(node)) return node.text === "undefined" ? [] : this.named(node, depth - 1);
    if (ts.isElementAccessExpression(node)) return this.values(node.expression, depth - 1);
    if (ts.isPropertyAccessExpression(node)) return this.property(node, depth - 1);
    if (ts.isCallExpression(node)) return this.called(node, depth - 1);
    return [notKnown];
  }

  /** A field of what a function of ours returns: `problem.message` after `const problem = problemOf(…)`. */
  private property({ expression, name }: ts.PropertyAccessExpression, depth: number): readonly string[] {
    const declaration = ts.isIdentifier(expression) ? this.sources.declarationOf(expression) : undefined;
    if (declaration === undefined || !ts.isVariableDeclaration(declaration) || !isConstant(declaration)) return [notKnown];
    const value = ts.isAwaitExpression(declaration.initializer) ? declaration.initializer.expression : declaration.initializer;
    const called = ts.isCallExpression(value) ? functionOf(this.sources, value.expression) : undefined;
    return this.returned(called, (each) => {
      const fields = ts.isObjectLiteralExpression(each) ? each.properties.filter(ts.isPropertyAssignment) : [];
      return fields.filter((field) => field.name.getText() === name.text).flatMap((field) => this.read(field.initializer, depth));
    });
  }

  /** A part that may say several things is `…`, unless the text would have no words then. */
  private template({ head, templateSpans }: ts.TemplateExpression, depth: number): readonly string[] {
    const parts = templateSpans.map((span) => ({ ways: this.read(span.expression, depth - 1), after: span.literal.text }));
    const text = head.text + parts.map(({ ways, after }) => single(ways) + after).join("");
    const open = parts.findIndex(({ ways }) => ways.length > 1 && ways.some(hasWords));
    if (hasWords(text) || open === -1) return [text];
    const written = (way: string) => parts.map(({ ways, after }, index) => (index === open ? way : single(ways)) + after).join("");
    return (parts[open]?.ways ?? []).map((way) => head.text + written(way));
  }

  private binary({ left, right, operatorToken }: ts.BinaryExpression, depth: number): readonly string[] {
    const either = [ts.SyntaxKind.QuestionQuestionToken, ts.SyntaxKind.BarBarToken].includes(operatorToken.kind);
    if (either) return [...this.read(left, depth), ...this.read(right, depth)];
    if (operatorToken.kind !== ts.SyntaxKind.PlusToken) return [notKnown];
    return [single(this.read(left, depth)) + single(this.read(right, depth))];
  }

  private named(name: ts.Identifier, depth: number): readonly string[] {
    const declaration = this.sources.declarationOf(name);
    if (declaration === undefined || !("name" in declaration) || declaration.name === undefined) return [notKnown];
    if (ts.isVariableDeclaration(declaration)) {
      const loop = declaration.parent.parent;
      if (ts.isForOfStatement(loop)) return ts.isIdentifier(declaration.name) ? this.elements(loop.expression, depth) : [notKnown];
      return isConstant(declaration) ? this.read(declaration.initializer, depth) : [notKnown];
    }
    return ts.isParameter(declaration) && ts.isIdentifier(declaration.name) ? this.handedIn(declaration, depth) : [notKnown];
  }

  /** What callers hand in, where the function is one of ours that is called by its name. */
  private handedIn(parameter: ts.ParameterDeclaration, depth: number): readonly string[] {
    const byDefault = parameter.initializer === undefined ? [] : this.read(parameter.initializer, depth);
    const index = parameter.parent.parameters.indexOf(parameter);
    const given = (this.calls.get(parameter.parent) ?? []).flatMap(({ arguments: all }) => {
      const argument = all[index];
      return argument === undefined ? [] : this.read(argument, depth);
    });
    return byDefault.length + given.length === 0 ? [notKnown] : [...new Set([...byDefault, ...given])];
  }

  /** What a constant object holds, one text each. */
  private values(object: ts.Expression, depth: number): readonly string[] {
    const declaration = ts.isIdentifier(object) ? this.sources.declarationOf(object) : undefined;
    const value = declaration !== undefined && ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
    if (value === undefined || !ts.isObjectLiteralExpression(value)) return [notKnown];
    return value.properties.flatMap((each) => (ts.isPropertyAssignment(each) ? this.read(each.initializer, depth) : [notKnown]));
  }

  private called(call: ts.CallExpression, depth: number): readonly string[] {
    const joined = methodOf(call, "join");
    if (joined !== undefined) {
      if (!ts.isArrayLiteralExpression(joined)) return this.elements(joined, depth);
      const [separator] = call.arguments;
      const between = separator === undefined ? "," : single(this.read(separator, depth));
      return [joined.elements.map((each) => single(this.read(each, depth))).join(between)];
    }
    return this.returned(functionOf(this.sources, call.expression), (each) => this.read(each, depth));
  }

  private returned(called: OwnFunction | undefined, read: (expression: ts.Expression) => readonly string[]): readonly string[] {
    const texts = called === undefined ? [] : returnedBy(called).flatMap(read);
    return texts.length === 0 ? [notKnown] : texts;
  }

  /** What the elements of a list may say, one text each. */
  private elements(node: ts.Expression, depth: number): readonly string[] {
    if (depth === 0) return [notKnown];
    if (isWrapped(node) || ts.isSpreadElement(node)) return this.elements(node.expression, depth);
    if (ts.isArrayLiteralExpression(node))
      return node.elements.flatMap((each) => (ts.isSpreadElement(each) ? this.elements(each, depth) : this.read(each, depth)));
    if (ts.isConditionalExpression(node)) return [...this.elements(node.whenTrue, depth), ...this.elements(node.whenFalse, depth)];
    if (ts.isIdentifier(node)) {
      const declaration = this.sources.declarationOf(node);
      if (declaration === undefined || !ts.isVariableDeclaration(declaration) || !isConstant(declaration)) return [notKnown];
      const pushed = (this.pushed.get(declaration) ?? []).flatMap((each) => this.read(each, depth - 1));
      return [...this.elements(declaration.initializer, depth - 1), ...pushed];
    }
    if (!ts.isCallExpression(node)) return [notKnown];
    const [first] = node.arguments;
    const [mapped, flattened] = [methodOf(node, "map"), methodOf(node, "flatMap")];
    if ((mapped ?? flattened) !== undefined && first !== undefined && (ts.isArrowFunction(first) || ts.isFunctionExpression(first)))
      return this.returned(first, (each) => (mapped === undefined ? this.elements(each, depth - 1) : this.read(each, depth - 1)));
    const kept = methodOf(node, "filter") ?? (methodOf(node, "all") === undefined ? undefined : first);
    if (kept !== undefined) return this.elements(kept, depth);
    return this.returned(functionOf(this.sources, node.expression), (each) => this.elements(each, depth - 1));
  }
}

/** What a method of that name is called on. */
function methodOf({ expression }: ts.CallExpression, name: string): ts.Expression | undefined {
  return ts.isPropertyAccessExpression(expression) && expression.name.text === name ? expression.expression : undefined;
}

function isWrapped(node: ts.Node): node is ts.ParenthesizedExpression | ts.AsExpression | ts.SatisfiesExpression | ts.AwaitExpression {
  return ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isAwaitExpression(node);
}

/** What is said where there is only one way. */
function single([text, ...others]: readonly string[]): string {
  return text === undefined || others.length > 0 ? notKnown : text;
}

/** In one line, with one `…` where several stand together. */
function tidied(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/…(?:\s*…)+/g, notKnown)
    .trim();
}
