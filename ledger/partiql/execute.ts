import type { IonValue } from "../ion/value.ts";
import type { Store } from "../store/store.ts";
import { TimeSlices } from "../time-slices.ts";
import { badRequest } from "../transaction/errors.ts";
import type { IoUsage, Transaction } from "../transaction/transaction.ts";
import { TransactionView } from "../transaction/view.ts";
import type { Parsed } from "./ast.ts";
import type { Budget } from "./budget.ts";
import type { Execution } from "./compile-expression.ts";
import { define } from "./ddl.ts";
import { insert, remove, update, type Writing } from "./dml.ts";
import { type Pause, Pauses, pause } from "./pause.ts";
import { redact } from "./redact.ts";
import { compileSelect } from "./select.ts";
import { toIon, type Value } from "./values.ts";

/** How many rows are looked at between two looks at the transaction's age. */
const rowsBetweenLooks = 256;

export interface ExecuteArgs {
  readonly store: Store;
  readonly transaction: Transaction;
  readonly parsed: Parsed;
  readonly parameters: readonly IonValue[];
  /** Index of the statement in its transaction. */
  readonly statement: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Milliseconds since 1970, asked while rows are found. */
  readonly clock: () => number;
  /** Milliseconds from any beginning: tells when others should have their turn. */
  readonly stopwatch?: () => number;
  readonly usage: IoUsage;
  /** Counts what the statement takes. */
  readonly budget: Budget;
  readonly newId: () => string;
}

/**
 * Runs a statement in a transaction. Everything happens while rows are asked for: what it writes is written before the first one.
 * @returns rows, and a pause wherever others should have their turn
 * @throws LedgerError; also while rows are asked for
 */
export function execute(args: ExecuteArgs): Iterator<IonValue | Pause> {
  const { parsed, parameters, transaction, usage } = args;
  if (parameters.length !== parsed.parameters) {
    throw badRequest(`the statement has ${parsed.parameters} parameter(s), ${parameters.length} were sent`);
  }
  const view = new TransactionView(args.store, transaction, usage);
  const slices = new TimeSlices(args.stopwatch ?? (() => performance.now()));
  let slots = 0;
  let rows = 0;
  const execution: Execution = {
    view,
    parameters,
    transactionId: transaction.id,
    now: args.now,
    tick: () => {
      const over = slices.tick();
      if (over || ++rows % rowsBetweenLooks === 0) transaction.refuseOverrun(args.clock());
      return over;
    },
    pauses: new Pauses(),
    budget: args.budget,
    slot: () => slots++,
    select: (select, scope) => {
      const subquery = compileSelect(select, scope, execution);
      return (values) => execution.pauses.all(subquery, () => held(subquery.rows(values), execution.budget));
    },
  };
  const { statement } = parsed;
  if (statement.kind === "select") return ionRows(compileSelect(statement.select, undefined, execution).rows([]));
  return written(statement, { ...execution, transaction, statement: args.statement, newId: args.newId }, usage);
}

/** Rows that are all kept. */
function* held(rows: Iterable<Value | Pause>, budget: Budget): Generator<Value | Pause> {
  for (const row of rows) {
    if (row !== pause) budget.hold(row);
    yield row;
  }
}

type Written = Exclude<Parsed["statement"], { kind: "select" }>;

function* written(statement: Written, writing: Writing, usage: IoUsage): Generator<IonValue | Pause> {
  const rows = yield* write(statement, writing);
  // A document has a row for each of its changes: the same one, as it is written once.
  usage.writeIOs += new Set(rows).size;
  yield* rows;
}

function* write(statement: Written, writing: Writing): Generator<Pause, IonValue[]> {
  switch (statement.kind) {
    case "insert":
      return yield* insert(statement, writing);
    case "update":
      return yield* update(statement, writing);
    case "delete":
      return yield* remove(statement, writing);
    case "exec":
      return redact(statement, writing);
    default:
      return define(statement, writing);
  }
}

function* ionRows(rows: Iterable<Value | Pause>): Generator<IonValue | Pause> {
  for (const row of rows) {
    const shown = row === pause ? pause : toIon(row);
    if (shown !== undefined) yield shown;
  }
}
