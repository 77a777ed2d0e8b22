import { nullValue } from "../ion/value.ts";
import type { Select, Statement } from "../partiql/ast.ts";
import { Budget } from "../partiql/budget.ts";
import type { Execution } from "../partiql/compile-expression.ts";
import { Pauses } from "../partiql/pause.ts";
import { compileSelect } from "../partiql/select.ts";
import { inTurns } from "../steps.ts";
import { limits } from "../transaction/commit.ts";
import { TransactionView } from "../transaction/view.ts";
import { ledgerNamed } from "./addresses.ts";
import { ControlError } from "./errors.ts";
import type { ControlRequest } from "./request.ts";

/** How a statement finds the rows of one of its sources. */
export interface PlanStep {
  /** A table's name, `history(T)`, or `values`. */
  readonly source: string;
  /** `document id`, `index on FIELD`, `scan`, or `values`. */
  readonly access: string;
}

/**
 * POST /nitro/ledgers/{name}/explain: `{Statement}` → `{Plan: [{source, access}]}`, in the order of the nested loops, subqueries last.
 * Not an operation of QLDB. Nothing is read or written; parameters may be left open.
 * @throws LedgerError for a statement that would be refused
 */
export async function explain({ registry, path: [name = ""], body }: ControlRequest): Promise<unknown> {
  const ledger = ledgerNamed(registry, name);
  if (typeof body.Statement !== "string") throw new ControlError("InvalidParameterException", "Statement is required");
  if (body.Statement.length > limits.statement)
    throw new ControlError(
      "InvalidParameterException",
      `Statement has ${body.Statement.length} characters: allowed are ${limits.statement}`,
    );
  const { statement, parameters } = await inTurns(ledger.parsed(body.Statement), () => undefined);
  const select = asSelect(statement);
  if (select === undefined) return { Plan: [] };
  const transaction = ledger.begin();
  try {
    const view = new TransactionView(ledger.store, transaction, { readIOs: 0, writeIOs: 0 });
    return { Plan: planOf(select, view, transaction.id, parameters) };
  } finally {
    ledger.abandon(transaction);
  }
}

function planOf(select: Select, view: TransactionView, transactionId: string, parameters: number): PlanStep[] {
  const inner: PlanStep[] = [];
  let slots = 0;
  const execution: Execution = {
    view,
    parameters: Array.from({ length: parameters }, () => nullValue),
    transactionId,
    now: 0,
    tick: () => false,
    pauses: new Pauses(),
    budget: new Budget(0),
    slot: () => slots++,
    select: (subquery, scope) => {
      inner.push(...compileSelect(subquery, scope, execution).plan.map(step));
      return () => [];
    },
  };
  const outer = compileSelect(select, undefined, execution).plan.map(step);
  return [...outer, ...inner];
}

/** What changes documents finds them as a SELECT with the same condition does. @returns undefined for what reads no table */
function asSelect(statement: Statement): Select | undefined {
  if (statement.kind === "select") return statement.select;
  if (statement.kind !== "update" && statement.kind !== "delete") return undefined;
  const { from, where } = statement;
  return { at: from[0]?.at ?? { line: 1, column: 1 }, projection: { kind: "star" }, from, where };
}

/** The planner tells a source as `name: access`, or by one word where there is nothing to choose. */
function step(line: string): PlanStep {
  const end = line.indexOf(": ");
  return end < 0 ? { source: line, access: line } : { source: line.slice(0, end), access: line.slice(end + 2) };
}
