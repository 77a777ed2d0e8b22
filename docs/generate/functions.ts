import ts from "typescript";
import type { BoundSources } from "./sources.ts";

/** A function of ours, however it is written. */
export type OwnFunction = ts.FunctionDeclaration | ts.ArrowFunction | ts.FunctionExpression;

/** The function of ours that an expression calls by its name. Methods are left alone: finding one takes the types of all before it. */
export function functionOf(sources: BoundSources, expression: ts.Expression): OwnFunction | undefined {
  const declaration = ts.isIdentifier(expression) ? sources.declarationOf(expression) : undefined;
  if (declaration === undefined) return undefined;
  if (ts.isFunctionDeclaration(declaration)) return declaration;
  const value = ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
  return value !== undefined && (ts.isArrowFunction(value) || ts.isFunctionExpression(value)) ? value : undefined;
}

/** What a function may return: its own returns, without those of functions inside it. */
export function returnedBy({ body }: OwnFunction): readonly ts.Expression[] {
  if (body === undefined) return [];
  if (!ts.isBlock(body)) return [ts.isParenthesizedExpression(body) ? body.expression : body];
  const found: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isReturnStatement(node) && node.expression !== undefined) found.push(node.expression);
    if (!ts.isFunctionLike(node)) ts.forEachChild(node, visit);
  };
  ts.forEachChild(body, visit);
  return found;
}

/** True for `const name = …`, whose value is what is written there. */
export function isConstant(
  declaration: ts.VariableDeclaration,
): declaration is ts.VariableDeclaration & { readonly initializer: ts.Expression } {
  const constant = (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) !== 0;
  return constant && ts.isIdentifier(declaration.name) && declaration.initializer !== undefined;
}
