import { bool, type IonValue, nullValue } from "../ion/value.ts";
import { badRequest } from "../transaction/errors.ts";
import type { TransactionView } from "../transaction/view.ts";
import { aggregateOf, isAggregate, isAggregateOfCollection } from "./aggregates.ts";
import type { Expression, Select } from "./ast.ts";
import type { Budget } from "./budget.ts";
import { cast } from "./cast.ts";
import { evaluationError, semanticError } from "./errors.ts";
import { type FunctionContext, scalarFunction } from "./functions.ts";
import { LikePatterns } from "./like.ts";
import { arithmetic, compare, concatenate, isAbsentValue, like, logic, negated, passes, signed } from "./operators.ts";
import type { Pauses } from "./pause.ts";
import type { Scope } from "./scope.ts";
import { fieldOf, isMany, walk } from "./steps.ts";
import { isOfType, refuseUnknownType } from "./types.ts";
import { bagOf, type Evaluate, equal, itemsIn, listOf, missing, type Slots, structOf, type Value, type ValueField } from "./values.ts";

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
  readonly pauses: Pauses<Value>;
  readonly budget: Budget;
  /** A new slot, of this statement alone. */
  readonly slot: () => number;
  /** Makes a SELECT in an expression ready: its rows for the current values of the slots around it. Without a scope around it, it sees tables. */
  readonly select: (select: Select, scope: Scope | undefined) => (slots: Slots) => Iterable<Value>;
}

/** Makes an expression ready: what it looks at and makes is counted. @throws LedgerError for unknown names and functions */
export function compileExpression(expression: Expression, scope: Scope, execution: Execution): Evaluate {
  const evaluate = uncounted(expression, scope, execution);
  if (expression.kind === "literal") return evaluate;
  const { budget } = execution;
  const { kind, at } = expression;
  if (kind === "name" || kind === "parameter" || (kind === "path" && !isMany(expression.steps)))
    return (slots) => budget.looked(evaluate(slots));
  return (slots) => budget.made(evaluate(slots), at);
}

function uncounted(expression: Expression, scope: Scope, execution: Execution): Evaluate {
  const compile = (each: Expression) => compileExpression(each, scope, execution);
  const one = (each: Expression) => scalar(each, scope, execution);
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
      return walk(compile(expression.root), expression.steps, compile);
    case "not": {
      const operand = one(expression.operand);
      return (slots) => negated(operand(slots), at);
    }
    case "sign": {
      const operand = one(expression.operand);
      return (slots) => signed(operand(slots), expression.negative, at);
    }
    case "binary":
      return binary(expression, scope, execution);
    case "is": {
      const operand = compile(expression.operand);
      refuseUnknownType(expression.type, at);
      return (slots) => bool(isOfType(operand(slots), expression.type) !== expression.negated);
    }
    case "in": {
      const operand = one(expression.operand);
      const set = members(expression.set, scope, execution);
      const { budget } = execution;
      return (slots) => {
        const found = contains(budget.compared(operand(slots)), set(slots), budget);
        return expression.negated ? negated(found, at) : found;
      };
    }
    case "between": {
      const [operand, low, high] = [one(expression.operand), one(expression.low), one(expression.high)];
      return (slots) => {
        const value = operand(slots);
        const inside = logic(false, compare(">=", value, low(slots), at), () => compare("<=", value, high(slots), at), at);
        return expression.negated ? negated(inside, at) : inside;
      };
    }
    case "like": {
      const [operand, pattern] = [one(expression.operand), one(expression.pattern)];
      const mark = expression.escape && one(expression.escape);
      const patterns = new LikePatterns();
      const { budget } = execution;
      const spend = (comparisons: number) => budget.matched(comparisons);
      return (slots) => {
        const matches = like(operand(slots), pattern(slots), mark?.(slots), at, patterns, spend);
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
      const { name } = expression;
      if (isAggregate(expression)) throw semanticError(at, `${name} is allowed in SELECT only`);
      const values = expression.arguments.map(compile);
      if (isAggregateOfCollection(expression)) {
        const collection = values[0] ?? (() => missing);
        return (slots) => aggregateOf(name, itemsIn(collection(slots)) ?? [], at);
      }
      const call = scalarFunction(name, values.length, at);
      return (slots) =>
        call(
          values.map((value) => value(slots)),
          execution,
        );
    }
    case "list": {
      const items = expression.items.map(compile);
      const made = expression.form === "bag" ? bagOf : listOf;
      return (slots) => made(items.map((item) => item(slots)));
    }
    case "struct":
      return struct(expression, compile);
    case "select": {
      const rows = execution.select(expression.select, scope);
      return (slots) => bagOf([...rows(slots)]);
    }
  }
}

type Binary = Extract<Expression, { kind: "binary" }>;

function binary({ operator, left, right, at }: Binary, scope: Scope, execution: Execution): Evaluate {
  const [a, b] = [scalar(left, scope, execution), scalar(right, scope, execution)];
  const { budget } = execution;
  switch (operator) {
    case "AND":
      return (slots) => logic(false, a(slots), () => b(slots), at);
    case "OR":
      return (slots) => logic(true, a(slots), () => b(slots), at);
    case "||":
      return (slots) => concatenate(a(slots), b(slots), at);
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return (slots) => arithmetic(operator, a(slots), b(slots), at);
    default:
      return (slots) => compare(operator, budget.compared(a(slots)), budget.compared(b(slots)), at);
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

/** What IN looks in: the items of a list, a bag or a sexp, or what stands in parentheses; undefined for what has no items. */
export function members(expression: Expression, scope: Scope, execution: Execution): (slots: Slots) => readonly Value[] | undefined {
  if (expression.kind === "select") {
    const rows = execution.select(expression.select, scope);
    const plain = expression.select.projection.kind === "value";
    return (slots) => [...rows(slots)].map((row) => (plain ? row : onlyField(row)));
  }
  if (expression.kind === "list") {
    const items = expression.items.map((item) => compileExpression(item, scope, execution));
    return (slots) => items.map((item) => item(slots));
  }
  const set = compileExpression(expression, scope, execution);
  return (slots) => itemsIn(set(slots));
}

/** What is looked at counts; it ends with the first item that is equal. */
function contains(value: Value, items: readonly Value[] | undefined, budget: Budget): Value {
  if (items === undefined || isAbsentValue(value)) return nullValue;
  let absent = false;
  for (const item of items) {
    budget.compared(item);
    if (isAbsentValue(item)) absent = true;
    else if (equal(value, item)) return bool(true);
  }
  return absent ? nullValue : bool(false);
}

type Case = Extract<Expression, { kind: "case" }>;

function cases({ operand, branches, otherwise, at }: Case, compile: (expression: Expression) => Evaluate): Evaluate {
  const subject = operand && compile(operand);
  const ready = branches.map(({ when, result }) => ({ when: compile(when), result: compile(result), at: when.at }));
  const last = otherwise && compile(otherwise);
  return (slots) => {
    const value = subject?.(slots);
    const hit = ready.find((each) => {
      const when = each.when(slots);
      return passes(value === undefined ? when : compare("=", value, when, at), each.at);
    });
    return hit?.result(slots) ?? last?.(slots) ?? nullValue;
  };
}

type Struct = Extract<Expression, { kind: "struct" }>;

function struct({ fields, at }: Struct, compile: (expression: Expression) => Evaluate): Evaluate {
  const ready = fields.map(({ name, value }) => ({ name: compile(name), value: compile(value) }));
  return (slots) => {
    const made = ready.map(({ name, value }): ValueField => {
      const key = name(slots);
      if (key.type !== "string" && key.type !== "symbol") throw evaluationError(at, "a field's name has to be a string");
      return { name: key.value, value: value(slots) };
    });
    return structOf(made);
  };
}
