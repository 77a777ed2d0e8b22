/** What a running statement hands out instead of a row when others should have their turn. */
export const pause = Symbol("pause");
export type Pause = typeof pause;

/** Rows of subqueries that are known while an expression is evaluated, by the subquery. Most expressions have none. */
interface Known<T> {
  rows: Map<object, readonly T[]> | undefined;
}

/** An expression that has to be evaluated again, once a subquery in it has found the rest of its rows. */
export class Paused<T> {
  readonly known: Known<T>;
  readonly rest: Generator<Pause, void>;

  constructor(known: Known<T>, rest: Generator<Pause, void>) {
    this.known = known;
    this.rest = rest;
  }
}

/**
 * Lets statements pause within expressions. An expression is a function, which cannot stop half-way: where a subquery in it pauses, it is
 * given up, the subquery goes on by itself, and then the expression is evaluated again with the rows that are known by now. It asks the same
 * again, as nothing else happens in between.
 */
export class Pauses<T> {
  /** Of the expression that is being evaluated; undefined where it cannot pause. */
  private known: Known<T> | undefined;

  /** Evaluates what may pause. */
  attempt<R>(evaluate: () => R, known: Known<T> = { rows: undefined }): R | Paused<T> {
    const outer = this.known;
    this.known = known;
    try {
      return evaluate();
    } catch (error) {
      if (error instanceof Paused) return error;
      throw error;
    } finally {
      this.known = outer;
    }
  }

  /** Goes on with what has paused, to its end. */
  *goOn<R>(paused: Paused<T>, evaluate: () => R): Generator<Pause, R> {
    for (let current = paused; ; ) {
      yield* current.rest;
      const result = this.attempt(evaluate, current.known);
      if (!(result instanceof Paused)) return result;
      current = result;
    }
  }

  /** Evaluates what cannot be evaluated again. */
  unpaused<R>(evaluate: () => R): R {
    const outer = this.known;
    this.known = undefined;
    try {
      return evaluate();
    } finally {
      this.known = outer;
    }
  }

  /**
   * All rows of a subquery in an expression.
   * @param subquery which one it is
   * @throws Paused where others should have their turn before the last row
   */
  all(subquery: object, rows: () => Iterator<T | Pause>): readonly T[] {
    const { known } = this;
    const before = known?.rows?.get(subquery);
    if (before !== undefined) return before;
    const found: T[] = [];
    const iterator = rows();
    for (let row = iterator.next(); row.done !== true; row = iterator.next()) {
      if (row.value !== pause) found.push(row.value);
      else if (known !== undefined)
        throw new Paused(
          known,
          rest(iterator, found, () => keep(known, subquery, found)),
        );
    }
    if (known !== undefined) keep(known, subquery, found);
    return found;
  }
}

function keep<T>(known: Known<T>, subquery: object, rows: readonly T[]): void {
  known.rows ??= new Map();
  known.rows.set(subquery, rows);
}

function* rest<T>(rows: Iterator<T | Pause>, found: T[], done: () => void): Generator<Pause, void> {
  yield pause;
  for (let row = rows.next(); row.done !== true; row = rows.next()) {
    if (row.value === pause) yield pause;
    else found.push(row.value);
  }
  done();
}
