import { equalityKey } from "../ion/compare.ts";
import { bool, type Field, type IonValue, nullValue } from "../ion/value.ts";
import { badRequest } from "../transaction/errors.ts";
import type { TransactionView } from "../transaction/view.ts";
import { type Expression, missing, type Select, type Step, type Value } from "./ast.ts";
import { cast } from "./cast.ts";
import { evaluationError, type Position, semanticError } from "./errors.ts";
import { type FunctionContext, isAggregate, scalarFunction } from "./functions.ts";
import { arithmetic, compare, concatenate, isAbsent, isOfType, isTrue, like, logic, negate, negated } from "./operators.ts";
import type { Scope } from "./scope.ts";

/** The values of all variables while a row is looked at. */
export type Slots = Value[];

/** An expression made ready: looks at the current row. */
export type Evaluate = (slots: Slots) => Value;

/** What one execution of a statement works with. */
export interface Execution extends FunctionContext {
  readonly view: TransactionView;
  readonly parameters: readonly IonValue[];
  /**
   * Called for each row that is looked at.
   * @returns whether others should have their turn now
   * @throws LedgerError once the transaction has expired: no statement runs for ever
   */
  readonly tick: () => boolean;
  /** A new slot, of this statement alone. */
  readonly slot: () => number;
  /** Makes a SELECT ready: its rows for the current values of the slots around it. */
  readonly select: (select: Select, scope: Scope) => (slots: Slots) => Iterable<Value>;
}

/** Makes an expression ready. @throws LedgerError for unknown names and functions */
export function compileExpression(expression: Expression, scope: Scope, execution: Execution): Evaluate {
  const compile = (each: Expression) => compileExpression(each, scope, execution);
  const { at } = expression;
  switch (expression.kind) {
    case "literal":
      return () => expression.value;
    case "parameter": {
      const value = execution.parameters[expression.index];
      if (value === undefined) throw badRequest(`parameter ${expression.index + 1} is missing`);
      return () => value;
    }
    case "name": {
      const { slot, field } = scope.resolve(expression.name, at);
      return field === undefined ? (slots) => slots[slot] ?? missing : (slots) => fieldOf(slots[slot] ?? missing, field);
    }
    case "path":
      return path(compile(expression.root), expression.steps, compile);
    case "not": {
      const operand = compile(expression.operand);
      return (slots) => negated(operand(slots), at);
    }
    case "negate": {
      const operand = compile(expression.operand);
      return (slots) => negate(operand(slots));
    }
    case "binary":
      return binary(expression, scope, execution);
    case "is": {
      const operand = compile(expression.operand);
      refuseUnknownType(expression.type, at);
      return (slots) => bool(isOfType(operand(slots), expression.type) !== expression.negated);
    }
    case "in": {
      const operand = scalar(expression.operand, scope, execution);
      const set = members(expression.set, scope, execution);
      return (slots) => {
        const found = contains(operand(slots), set(slots));
        return expression.negated ? negated(found, at) : found;
      };
    }
    case "between": {
      const [operand, low, high] = [compile(expression.operand), compile(expression.low), compile(expression.high)];
      return (slots) => {
        const value = operand(slots);
        const inside = logic(false, compare(">=", value, low(slots)), () => compare("<=", value, high(slots)), at);
        return expression.negated ? negated(inside, at) : inside;
      };
    }
    case "like": {
      const [operand, pattern] = [compile(expression.operand), compile(expression.pattern)];
      const mark = expression.escape && compile(expression.escape);
      return (slots) => {
        const matches = like(operand(slots), pattern(slots), mark?.(slots), at);
        return expression.negated ? negated(matches, at) : matches;
      };
    }
    case "case":
      return cases(expression, compile);
    case "cast": {
      refuseUnknownType(expression.type, at);
      const operand = compile(expression.operand);
      return (slots) => cast(operand(slots), expression.type, at);
    }
    case "call": {
      if (isAggregate(expression)) throw semanticError(at, `${expression.name} is allowed in SELECT only`);
      const values = expression.arguments.map(compile);
      const call = scalarFunction(expression.name, values.length, at);
      return (slots) =>
        call(
          values.map((value) => value(slots)),
          execution,
        );
    }
    case "list": {
      const items = expression.items.map(compile);
      return (slots) => ({ type: "list", items: items.map((item) => item(slots)).filter((value) => value.type !== "missing") });
    }
    case "struct":
      return struct(expression, compile);
    case "select": {
      const rows = execution.select(expression.select, scope);
      return (slots) => ({ type: "list", items: [...rows(slots)].filter((value) => value.type !== "missing") });
    }
  }
}

function refuseUnknownType(type: string, at: Position): void {
  if (isOfType(missing, type) === undefined) throw semanticError(at, `No such type: ${type.toLowerCase()}`);
}

/** A field's value; MISSING where there is no such field, or no struct. */
export function fieldOf(value: Value, name: string): Value {
  if (value.type !== "struct") return missing;
  for (const field of value.fields) if (field.name === name) return field.value;
  return missing;
}

function path(root: Evaluate, steps: readonly Step[], compile: (expression: Expression) => Evaluate): Evaluate {
  return steps.reduce<Evaluate>((before, step) => {
    if (step.kind === "field") return (slots) => fieldOf(before(slots), step.name);
    if (step.kind !== "index") return (slots) => each(before(slots), step.kind);
    const index = compile(step.index);
    return (slots) => itemOf(before(slots), index(slots));
  }, root);
}

function itemOf(value: Value, index: Value): Value {
  if (index.type === "string" || index.type === "symbol") return fieldOf(value, index.value ?? "");
  if ((value.type !== "list" && value.type !== "sexp") || index.type !== "int") return missing;
  return value.items[Number(index.value)] ?? missing;
}

function each(value: Value, kind: "items" | "values"): Value {
  if (kind === "values") return value.type === "struct" ? { type: "list", items: value.fields.map((field) => field.value) } : missing;
  return value.type === "list" || value.type === "sexp" ? { type: "list", items: value.items } : missing;
}

type Binary = Extract<Expression, { kind: "binary" }>;

function binary({ operator, left, right, at }: Binary, scope: Scope, execution: Execution): Evaluate {
  const [a, b] = [scalar(left, scope, execution), scalar(right, scope, execution)];
  switch (operator) {
    case "AND":
      return (slots) => logic(false, a(slots), () => b(slots), at);
    case "OR":
      return (slots) => logic(true, a(slots), () => b(slots), at);
    case "||":
      return (slots) => concatenate(a(slots), b(slots));
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return (slots) => arithmetic(operator, a(slots), b(slots), at);
    default:
      return (slots) => compare(operator, a(slots), b(slots));
  }
}

/** An operand: a subquery stands for its only row's only value. */
function scalar(expression: Expression, scope: Scope, execution: Execution): Evaluate {
  if (expression.kind !== "select") return compileExpression(expression, scope, execution);
  const rows = execution.select(expression.select, scope);
  const plain = expression.select.projection.kind === "value";
  return (slots) => {
    const found = [...rows(slots)];
    if (found.length > 1) throw evaluationError(expression.at, "a subquery that stands for one value returned several rows");
    const row = found[0];
    return row === undefined ? nullValue : plain ? row : onlyField(row);
  };
}

function onlyField(row: Value): Value {
  return row.type === "struct" && row.fields.length === 1 ? (row.fields[0]?.value ?? missing) : row;
}

/** What IN looks in. */
function members(expression: Expression, scope: Scope, execution: Execution): (slots: Slots) => Value | readonly Value[] {
  if (expression.kind === "select") {
    const rows = execution.select(expression.select, scope);
    const plain = expression.select.projection.kind === "value";
    return (slots) => [...rows(slots)].map((row) => (plain ? row : onlyField(row)));
  }
  if (expression.kind === "list") {
    const items = expression.items.map((item) => compileExpression(item, scope, execution));
    // `x IN (?)` with a list as parameter means the list.
    return (slots) => {
      const values = items.map((item) => item(slots));
      return values.length === 1 && values[0]?.type === "list" ? values[0] : values;
    };
  }
  return compileExpression(expression, scope, execution);
}

function contains(value: Value, set: Value | readonly Value[]): Value {
  const items = Array.isArray(set) ? (set as readonly Value[]) : itemsOf(set as Value);
  if (items === undefined) return isAbsent(value) ? value : missing;
  if (isAbsent(value)) return value.type === "missing" ? missing : nullValue;
  if (items.some((item) => isTrue(compare("=", value, item)))) return bool(true);
  return items.some(isAbsent) ? nullValue : bool(false);
}

function itemsOf(value: Value): readonly Value[] | undefined {
  return value.type === "list" || value.type === "sexp" ? value.items : undefined;
}

type Case = Extract<Expression, { kind: "case" }>;

function cases({ operand, branches, otherwise }: Case, compile: (expression: Expression) => Evaluate): Evaluate {
  const subject = operand && compile(operand);
  const ready = branches.map(({ when, result }) => ({ when: compile(when), result: compile(result) }));
  const last = otherwise && compile(otherwise);
  return (slots) => {
    const value = subject?.(slots);
    const hit = ready.find(({ when }) => isTrue(value === undefined ? when(slots) : compare("=", value, when(slots))));
    return hit?.result(slots) ?? last?.(slots) ?? nullValue;
  };
}

type Struct = Extract<Expression, { kind: "struct" }>;

function struct({ fields, at }: Struct, compile: (expression: Expression) => Evaluate): Evaluate {
  const ready = fields.map(({ name, value }) => ({ name: compile(name), value: compile(value) }));
  return (slots) => {
    const made: Field[] = [];
    for (const { name, value } of ready) {
      const key = name(slots);
      if (key.type !== "string" && key.type !== "symbol") throw evaluationError(at, "a field's name has to be a string");
      const content = value(slots);
      if (content.type !== "missing") made.push({ name: key.value, value: content });
    }
    return { type: "struct", fields: made };
  };
}

/** The keys by which an index finds values equal to these; NULL and MISSING equal nothing. */
export function keysOf(values: Value | readonly Value[]): string[] {
  const all: readonly Value[] = Array.isArray(values) ? (values as readonly Value[]) : [values as Value];
  return all.flatMap((value) => (value.type === "missing" ? [] : (equalityKey(value) ?? [])));
}
