import { Aggregate, isAggregate } from "./aggregates.ts";
import { type Expression, ownName, type Projection, type Select } from "./ast.ts";
import { compileExpression, type Execution } from "./compile-expression.ts";
import { semanticError } from "./errors.ts";
import { passes } from "./operators.ts";
import { type Pause, Paused, pause } from "./pause.ts";
import { children, conjuncts, slotsOf } from "./plan.ts";
import { Scope } from "./scope.ts";
import { type PreparedSource, prepareSource, type Rows } from "./sources.ts";
import { type Evaluate, missing, type Slots, structOf, type Value, type ValueField } from "./values.ts";

/** A SELECT made ready. */
export interface CompiledSelect {
  /** One line for each source, in the order of the nested loops. */
  readonly plan: readonly string[];
  readonly rows: (slots: Slots) => Generator<Value | Pause>;
}

/** Makes a SELECT ready: without a scope around it, it is the outermost query, which alone sees tables. Its rows are found one after the other, while they are asked for. */
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
        const { budget } = execution;
        const row = () => project(slots);
        for (const step of run(loops, 0, slots, execution)) {
          if (step === pause) {
            yield pause;
            continue;
          }
          const mark = budget.mark();
          const tried = begun(row, mark, execution);
          yield tried instanceof Paused ? yield* ended(tried, row, mark, execution) : tried;
        }
      },
    };
  }
  return { plan, rows: aggregated(select, aggregates, loops, sources, scope, execution) };
}

/** One source and the conditions that can be told once its row is there. */
interface Loop {
  readonly source: Rows;
  readonly conditions: readonly ((slots: Slots) => boolean)[];
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
    return {
      source,
      conditions: tests(
        ready.map(({ condition }) => condition),
        source.lookups,
        scope,
        execution,
      ),
    };
  });
}

/** Conditions made ready: those that an index could look up come first. */
export function tests(
  conditions: readonly Expression[],
  lookups: ReadonlySet<Expression> | undefined,
  scope: Scope,
  execution: Execution,
): ((slots: Slots) => boolean)[] {
  const first = conditions.filter((condition) => lookups?.has(condition) === true);
  const others = conditions.filter((condition) => lookups?.has(condition) !== true);
  return [...first, ...others].map((condition) => {
    const evaluate = compileExpression(condition, scope, execution);
    return (slots) => passes(evaluate(slots), condition.at);
  });
}

function outerSlots(scope: Scope | undefined): number[] {
  return scope === undefined ? [] : scope.allSlots();
}

/** Fills the slots with one combination of rows after the other that meets all conditions. */
function* run(loops: readonly Loop[], depth: number, slots: Slots, execution: Execution): Generator<undefined | Pause> {
  const loop = loops[depth];
  if (loop === undefined) {
    yield undefined;
    return;
  }
  const { tick, pauses, budget } = execution;
  // A source evaluates its expressions before its first row.
  const open = () => {
    const rows = loop.source.rows(slots)[Symbol.iterator]();
    return { rows, first: rows.next() };
  };
  const held = budget.mark();
  const opened = pauses.attempt(open);
  const { rows, first } = opened instanceof Paused ? yield* pauses.goOn(opened, open) : opened;
  const next = () => rows.next();
  const test = () => loop.conditions.every((passed) => passed(slots));
  for (let row = first; row.done !== true; row = pauses.unpaused(next)) {
    if (tick()) yield pause;
    if (loop.conditions.length > 0) {
      budget.begin();
      const mark = budget.mark();
      const tried = pauses.attempt(test);
      const passed = tried instanceof Paused ? yield* pauses.goOn(tried, test) : tried;
      budget.release(mark);
      if (!passed) continue;
    }
    if (depth === loops.length - 1) yield undefined;
    else yield* run(loops, depth + 1, slots, execution);
  }
  budget.release(held);
}

/** The value of what may pause. Rows of subqueries in it are held no longer. */
export function* evaluated<T>(evaluate: () => T, execution: Execution): Generator<Pause, T> {
  const mark = execution.budget.mark();
  const tried = begun(evaluate, mark, execution);
  return tried instanceof Paused ? yield* ended(tried, evaluate, mark, execution) : tried;
}

/** The first half of evaluated(), for what is done for every row: mostly there is no second one. @param mark of what is held before */
function begun<T>(evaluate: () => T, mark: number, { pauses, budget }: Execution): T | Paused<Value> {
  budget.begin();
  const tried = pauses.attempt(evaluate);
  if (!(tried instanceof Paused)) budget.release(mark);
  return tried;
}

function* ended<T>(paused: Paused<Value>, evaluate: () => T, mark: number, { pauses, budget }: Execution): Generator<Pause, T> {
  const value = yield* pauses.goOn(paused, evaluate);
  budget.release(mark);
  return value;
}

function projection(select: Select, sources: readonly PreparedSource[], scope: Scope, execution: Execution): Evaluate {
  const shape = select.projection;
  if (shape.kind === "value") return compileExpression(shape.value, scope, execution);
  if (shape.kind === "star") {
    const shown = sources.flatMap((source, index) => source.shown.map(({ slot, name }) => ({ slot, name, unnamed: `_${index + 1}` })));
    return (values) => structOf(shown.flatMap(({ slot, name, unnamed }) => spread(values[slot] ?? missing, name, unnamed)));
  }
  const items = shape.items.map((item, index) => projected(item, index, scope, execution));
  return (values) => structOf(items.flatMap((item) => item(values)));
}

/** A value as `*` shows it: under the name that AT or BY gave it, else a struct's own fields; what is no struct gets a name by its position. */
function spread(value: Value, name: string | undefined, unnamed: string): readonly ValueField[] {
  if (name !== undefined) return [{ name, value }];
  return value.type === "struct" ? value.fields : [{ name: unnamed, value }];
}

function projected(item: Projection, index: number, scope: Scope, execution: Execution): (slots: Slots) => readonly ValueField[] {
  if (item.kind === "all") {
    const of = compileExpression(item.of, scope, execution);
    return (slots) => spread(of(slots), undefined, `_${index + 1}`);
  }
  const name = item.as ?? ownName(item.expression) ?? `_${index + 1}`;
  const evaluate = compileExpression(item.expression, scope, execution);
  return (slots) => [{ name, value: evaluate(slots) }];
}

type Aggregates = readonly Extract<Expression, { kind: "call" }>[];

function aggregatesOf({ projection: shape }: Select): Aggregates {
  const found: Extract<Expression, { kind: "call" }>[] = [];
  const visit = (expression: Expression): void => {
    if (expression.kind === "call" && isAggregate(expression)) found.push(expression);
    else children(expression).forEach(visit);
  };
  if (shape.kind === "value") visit(shape.value);
  if (shape.kind === "list") for (const item of shape.items) visit(item.kind === "all" ? item.of : item.expression);
  return found;
}

/** How many rows there are, where that is all that is asked, and a table knows it. */
function countedAtOnce(aggregates: Aggregates, loops: readonly Loop[]): (() => number) | undefined {
  const [loop, ...others] = loops;
  if (loop === undefined || others.length > 0 || loop.conditions.length > 0) return undefined;
  return aggregates.every(({ star }) => star === true) ? loop.source.count : undefined;
}

/** All rows become one: each aggregate gets a slot of its own, which the projection reads in its place. */
function aggregated(
  select: Select,
  aggregates: Aggregates,
  loops: readonly Loop[],
  sources: readonly PreparedSource[],
  scope: Scope,
  execution: Execution,
): CompiledSelect["rows"] {
  const names = new Map<Expression, string>(aggregates.map((aggregate, index) => [aggregate, `aggregate ${index}`]));
  const inner = new Scope(scope);
  const ready = aggregates.map((aggregate) => {
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
  const counted = countedAtOnce(aggregates, loops);
  return function* rows(slots) {
    const totals = ready.map(({ name, at, value }) => ({ total: new Aggregate(name, at), argument: value && (() => value(slots)) }));
    if (counted !== undefined) {
      const count = counted();
      for (const { total } of totals) total.addRows(count);
    } else {
      for (const step of run(loops, 0, slots, execution)) {
        if (step === pause) {
          yield pause;
          continue;
        }
        for (const { total, argument } of totals) {
          if (argument === undefined) {
            total.addRows(1);
            continue;
          }
          const mark = execution.budget.mark();
          const tried = begun(argument, mark, execution);
          total.add(tried instanceof Paused ? yield* ended(tried, argument, mark, execution) : tried);
        }
      }
    }
    for (const [index, { slot }] of ready.entries()) slots[slot] = totals[index]?.total.result() ?? missing;
    yield yield* evaluated(() => project(slots), execution);
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
    case "sign":
    case "is":
    case "cast":
      return { ...expression, operand: inside(expression.operand) };
    case "in":
      return { ...expression, operand: inside(expression.operand), set: inside(expression.set) };
    case "between":
      return { ...expression, operand: inside(expression.operand), low: inside(expression.low), high: inside(expression.high) };
    case "like":
      return {
        ...expression,
        operand: inside(expression.operand),
        pattern: inside(expression.pattern),
        ...(expression.escape && { escape: inside(expression.escape) }),
      };
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
