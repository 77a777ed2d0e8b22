import { styleText } from "node:util";
import { table } from "../../common/table.ts";
import { explainStatement } from "../../ledger/client/explain.ts";
import type { PlanStep } from "../../ledger/control/explain.ts";
import { struct, text } from "../../ledger/ion/value.ts";
import { declareCommand } from "../core/command.ts";
import { pointing } from "./caret.ts";
import { showRows } from "./rows.ts";
import { ledgerOptions, withLedger } from "./target.ts";

export const command = declareCommand({
  unread: "end",
  arguments: { statement: { what: "the statement", help: "each ? may be left open" } },
  options: ledgerOptions,
  notes: "Reads and writes nothing. One line for each source, in the order of the nested loops.",
  stopsCleanly: true,

  async run({ values, words: { statement } }, context) {
    const plan = await withLedger(values, context, ({ http, name }) => pointing(statement, explainStatement(http, name, statement)));
    if (context.stdout.isTTY === true && !values.json) context.stdout.write(describePlan(plan));
    else
      showRows(
        plan.map(({ source, access }) => struct({ source: text(source), access: text(access) })),
        context,
        values.json,
      );
    return 0;
  },
});

/** The plan for people; what looks at every document stands out. */
export function describePlan(plan: readonly PlanStep[]): string {
  if (plan.length === 0) return "it looks for no documents\n";
  const rows = plan.map(({ source, access }) => [source, access === "scan" ? styleText("yellow", "scan: every document") : access]);
  return table(["source", "access"], rows);
}
