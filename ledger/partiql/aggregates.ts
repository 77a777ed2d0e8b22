import { isNumber } from "../ion/compare.ts";
import { decimal, int, nullValue } from "../ion/value.ts";
import type { Expression } from "./ast.ts";
import { evaluationError, type Position } from "./errors.ts";
import { arithmetic, compare, isAbsentValue, passes } from "./operators.ts";
import type { Value } from "./values.ts";

const aggregates = new Set(["COUNT", "SUM", "AVG", "MIN", "MAX"]);

/** Whether a call takes all rows together. */
export function isAggregate(expression: Expression): boolean {
  return expression.kind === "call" && aggregates.has(expression.name) && !isAggregateOfCollection(expression);
}

/** Whether a call is an aggregate of one collection that is written out in it, such as `AVG(<<1, 2>>)`: of its items, not of the rows. */
export function isAggregateOfCollection(expression: Expression): boolean {
  if (expression.kind !== "call" || !aggregates.has(expression.name) || expression.distinct === true) return false;
  const [argument, ...more] = expression.arguments;
  return more.length === 0 && (argument?.kind === "list" || argument?.kind === "select");
}

/** An aggregate of the items of one collection. @throws LedgerError for items that it cannot take */
export function aggregateOf(name: string, items: readonly Value[], at: Position): Value {
  const total = new Aggregate(name, at);
  for (const item of items) total.add(item);
  return total.result();
}

/** Folds the values of all rows into one. NULL and MISSING do not count; of no values the answer is NULL, a count is 0. */
export class Aggregate {
  private readonly name: string;
  private readonly at: Position;
  private count = 0;
  private total: Value = int(0);
  private best: Value = nullValue;

  constructor(name: string, at: Position) {
    this.name = name;
    this.at = at;
  }

  /** @throws LedgerError for a value that cannot be added, or has no order with those before it */
  add(value: Value): void {
    if (isAbsentValue(value)) return;
    this.count++;
    if (this.name === "SUM" || this.name === "AVG") {
      if (!isNumber(value)) throw evaluationError(this.at, `${this.name} of a value of type ${value.type}`);
      this.total = arithmetic("+", this.total, value, this.at);
    } else if (this.name !== "COUNT") {
      const operator = this.name === "MIN" ? "<" : ">";
      if (this.count === 1 || passes(compare(operator, value, this.best, this.at), this.at)) this.best = value;
    }
  }

  addRows(count: number): void {
    this.count += count;
  }

  result(): Value {
    if (this.name === "COUNT") return int(this.count);
    if (this.count === 0) return nullValue;
    if (this.name === "SUM") return this.total;
    if (this.name !== "AVG") return this.best;
    const total = this.total.type === "int" ? decimal(this.total.value, 0) : this.total;
    return arithmetic("/", total, decimal(BigInt(this.count), 0), this.at);
  }
}
