import type { Field } from "../ion/value.ts";
import type { Expression, Projection, Select, Value } from "./ast.ts";
import { compileExpression, type Evaluate, type Execution, type Slots } from "./compile-expression.ts";
import { semanticError } from "./errors.ts";
import { Aggregate, isAggregate } from "./functions.ts";
import { arithmetic, isTrue } from "./operators.ts";
import { type Pause, pause } from "./pause.ts";
import { children, conjuncts, slotsOf } from "./plan.ts";
import { Scope } from "./scope.ts";
import { type PreparedSource, prepareSource, type Rows } from "./sources.ts";

/** A SELECT made ready. */
export interface CompiledSelect {
  /** One line for each source, in the order of the nested loops. */
  readonly plan: readonly string[];
  readonly rows: (slots: Slots) => Generator<Value | Pause>;
}

/** Makes a SELECT ready. Its rows are found one after the other, while they are asked for. */
export function compileSelect(select: Select, outer: Scope | undefined, execution: Execution): CompiledSelect {
  const scope = new Scope(outer);
  const sources = select.from.map((item) => prepareSource(item, scope, execution));
  const conditions = [select.where, ...select.from.map(({ on }) => on)].flatMap(conjuncts);
  const loops = nest(sources, conditions, scope, execution);
  const plan = loops.map(({ source }) => source.plan);
  const aggregates = aggregatesOf(select);
  if (aggregates.length === 0) {
    const project = projection(select, sources, scope, execution);
    return {
      plan,
      *rows(slots) {
        for (const step of run(loops, 0, slots, execution.tick)) {
          const row = step === pause ? pause : project(slots);
          if (row === pause || row.type !== "missing") yield row;
        }
      },
    };
  }
  return { plan, rows: aggregated(select, aggregates, loops, sources, scope, execution) };
}

/** One source and the conditions that can be told once its row is there. */
interface Loop {
  readonly source: Rows;
  readonly conditions: readonly Evaluate[];
}

function nest(sources: readonly PreparedSource[], conditions: readonly Expression[], scope: Scope, execution: Execution): Loop[] {
  const own = new Set(sources.flatMap(({ slots }) => slots));
  // What is not of this FROM has its value before the first loop.
  const needs = conditions.map((condition) => {
    const slots = slotsOf(condition, scope);
    return { condition, slots: slots && [...slots].filter((slot) => own.has(slot)) };
  });
  const done = new Set<Expression>();
  const bound = new Set<number>();
  const outside = outerSlots(scope.parent);
  return sources.map((prepared, index) => {
    const source = prepared.open(conditions, new Set([...bound, ...outside]));
    for (const slot of prepared.slots) bound.add(slot);
    const last = index === sources.length - 1;
    const ready = needs.filter(
      ({ condition, slots }) => !done.has(condition) && (last || slots?.every((slot) => bound.has(slot)) === true),
    );
    for (const { condition } of ready) done.add(condition);
    return { source, conditions: ready.map(({ condition }) => compileExpression(condition, scope, execution)) };
  });
}

function outerSlots(scope: Scope | undefined): number[] {
  return scope === undefined ? [] : scope.allSlots();
}

/** Fills the slots with one combination of rows after the other that meets all conditions. */
function* run(loops: readonly Loop[], depth: number, slots: Slots, tick: Execution["tick"]): Generator<undefined | Pause> {
  const loop = loops[depth];
  if (loop === undefined) {
    yield undefined;
    return;
  }
  for (const _ of loop.source.rows(slots)) {
    if (tick()) yield pause;
    if (!loop.conditions.every((condition) => isTrue(condition(slots)))) continue;
    if (depth === loops.length - 1) yield undefined;
    else yield* run(loops, depth + 1, slots, tick);
  }
}

function projection(select: Select, sources: readonly PreparedSource[], scope: Scope, execution: Execution): Evaluate {
  const shape = select.projection;
  if (shape.kind === "value") return compileExpression(shape.value, scope, execution);
  if (shape.kind === "star") {
    const slots = sources.map((source) => source.slots[0] ?? 0);
    return (values) => merged(slots.map((slot, index) => ({ value: values[slot], name: `_${index + 1}` })));
  }
  const items = shape.items.map((item, index) => projected(item, index, scope, execution));
  return (values) => ({ type: "struct", fields: items.flatMap((item) => item(values)) });
}

/** The fields of all structs, in order; names may repeat. What is no struct gets its position as a name. */
function merged(parts: readonly { readonly value: Value | undefined; readonly name: string }[]): Value {
  const fields = parts.flatMap(({ value, name }): readonly Field[] => {
    if (value === undefined || value.type === "missing") return [];
    return value.type === "struct" ? value.fields : [{ name, value }];
  });
  return { type: "struct", fields };
}

function projected(item: Projection, index: number, scope: Scope, execution: Execution): (slots: Slots) => readonly Field[] {
  if (item.kind === "all") {
    const of = compileExpression(item.of, scope, execution);
    return (slots) => {
      const value = merged([{ value: of(slots), name: `_${index + 1}` }]);
      return value.type === "struct" ? value.fields : [];
    };
  }
  const name = item.as ?? ownName(item.expression) ?? `_${index + 1}`;
  const evaluate = compileExpression(item.expression, scope, execution);
  return (slots) => {
    const value = evaluate(slots);
    return value.type === "missing" ? [] : [{ name, value }];
  };
}

function ownName(expression: Expression): string | undefined {
  if (expression.kind === "name") return expression.name;
  const last = expression.kind === "path" ? expression.steps.at(-1) : undefined;
  return last?.kind === "field" ? last.name : undefined;
}

function aggregatesOf({ projection: shape }: Select): Expression[] {
  const found: Expression[] = [];
  const visit = (expression: Expression): void => {
    if (isAggregate(expression)) found.push(expression);
    else children(expression).forEach(visit);
  };
  if (shape.kind === "value") visit(shape.value);
  if (shape.kind === "list") for (const item of shape.items) visit(item.kind === "all" ? item.of : item.expression);
  return found;
}

/** All rows become one: each aggregate gets a slot of its own, which the projection reads in its place. */
function aggregated(
  select: Select,
  aggregates: readonly Expression[],
  loops: readonly Loop[],
  sources: readonly PreparedSource[],
  scope: Scope,
  execution: Execution,
): CompiledSelect["rows"] {
  const names = new Map(aggregates.map((aggregate, index) => [aggregate, `aggregate ${index}`]));
  const inner = new Scope(scope);
  const ready = aggregates.map((aggregate) => {
    if (aggregate.kind !== "call") throw new Error("an aggregate is a call");
    if (aggregate.distinct === true) throw semanticError(aggregate.at, `${aggregate.name}(DISTINCT …) is not supported`);
    const [argument, ...more] = aggregate.arguments;
    if (aggregate.star === true ? aggregate.name !== "COUNT" : argument === undefined || more.length > 0) {
      throw semanticError(aggregate.at, `${aggregate.name} takes one argument`);
    }
    const slot = execution.slot();
    inner.bind(names.get(aggregate) ?? "", slot);
    return { slot, name: aggregate.name, at: aggregate.at, value: argument && compileExpression(argument, scope, execution) };
  });
  const project = projection({ ...select, projection: replaced(select.projection, names) }, sources, inner, execution);
  return function* rows(slots) {
    const totals = ready.map(({ name, at }) => new Aggregate(name, at));
    for (const step of run(loops, 0, slots, execution.tick)) {
      if (step === pause) {
        yield pause;
        continue;
      }
      for (const [index, { value, at }] of ready.entries()) {
        if (value === undefined) totals[index]?.addRow();
        else totals[index]?.add(value(slots), (a, b) => arithmetic("+", a, b, at));
      }
    }
    for (const [index, { slot, at }] of ready.entries()) {
      slots[slot] = totals[index]?.result((a, b) => arithmetic("/", a, b, at)) ?? { type: "missing" };
    }
    const row = project(slots);
    if (row.type !== "missing") yield row;
  };
}

function replaced(shape: Select["projection"], names: ReadonlyMap<Expression, string>): Select["projection"] {
  const inside = (expression: Expression): Expression => {
    const name = names.get(expression);
    return name === undefined ? rebuilt(expression, inside) : { kind: "name", name, at: expression.at };
  };
  if (shape.kind === "value") return { kind: "value", value: inside(shape.value) };
  if (shape.kind === "star") return shape;
  return {
    kind: "list",
    items: shape.items.map((item, index) => {
      if (item.kind === "all") return { ...item, of: inside(item.of) };
      return { ...item, expression: inside(item.expression), as: item.as ?? ownName(item.expression) ?? `_${index + 1}` };
    }),
  };
}

/** The same expression with its parts replaced. */
function rebuilt(expression: Expression, inside: (expression: Expression) => Expression): Expression {
  switch (expression.kind) {
    case "binary":
      return { ...expression, left: inside(expression.left), right: inside(expression.right) };
    case "not":
    case "negate":
    case "is":
    case "cast":
      return { ...expression, operand: inside(expression.operand) };
    case "in":
      return { ...expression, operand: inside(expression.operand), set: inside(expression.set) };
    case "between":
      return { ...expression, operand: inside(expression.operand), low: inside(expression.low), high: inside(expression.high) };
    case "like":
      return { ...expression, operand: inside(expression.operand), pattern: inside(expression.pattern) };
    case "case":
      return {
        ...expression,
        ...(expression.operand && { operand: inside(expression.operand) }),
        branches: expression.branches.map(({ when, result }) => ({ when: inside(when), result: inside(result) })),
        ...(expression.otherwise && { otherwise: inside(expression.otherwise) }),
      };
    case "call":
      return { ...expression, arguments: expression.arguments.map(inside) };
    case "list":
      return { ...expression, items: expression.items.map(inside) };
    case "struct":
      return { ...expression, fields: expression.fields.map(({ name, value }) => ({ name: inside(name), value: inside(value) })) };
    case "path":
      return { ...expression, root: inside(expression.root) };
    default:
      return expression;
  }
}
