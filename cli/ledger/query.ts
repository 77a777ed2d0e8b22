import { text as readAll } from "node:stream/consumers";
import { UsageError } from "../../common/errors.ts";
import { IonError } from "../../ledger/ion/errors.ts";
import { readTextSteps } from "../../ledger/ion/text-reader.ts";
import { type IonValue, ionLimits, struct, text } from "../../ledger/ion/value.ts";
import { rulesFor } from "../../ledger/partiql/rules.ts";
import { atOnce } from "../../ledger/steps.ts";
import { declareCommand } from "../core/command.ts";
import { pointing } from "./caret.ts";
import { showRows } from "./rows.ts";
import { ledgerOptions, withLedger } from "./target.ts";

export const command = declareCommand({
  arguments: {
    statement: { what: "the statement", help: "any statement that QLDB knows; - reads it from standard input" },
    parameters: { placeholder: "PARAMETER", multiple: true, read: parameter, help: "for each ? one, written as Ion" },
  },
  options: {
    ...ledgerOptions,
    explain: { type: "boolean", help: "run nothing; say which rules the statement falls under, and whom each follows" },
  },
  notes: "Changes are committed, and tried again after a conflict.",
  examples: [[`nitro ledger query "SELECT * FROM transactions WHERE idempotencyKey = ?" '"abc"'`, "one document, by a text"]],
  stopsCleanly: true,

  async run({ values, words: { statement: given, parameters } }, context) {
    const statement = given === "-" ? (await readAll(context.stdin)).trimEnd() : given;
    if (values.explain === true) {
      showRows(
        rulesFor(statement).map(({ rule, follows }) => struct({ follows: text(follows), rule: text(rule) })),
        context,
        values.json,
      );
      return 0;
    }
    const rows = await withLedger(values, context, ({ client }) => pointing(statement, client.execute(statement, parameters)));
    showRows(rows, context, values.json);
    return 0;
  },
});

/** @throws UsageError where the text is not one Ion value */
function parameter(text: string, _name: string, index: number): IonValue {
  try {
    return atOnce(readTextSteps(text, { values: { left: ionLimits.values } }));
  } catch (error) {
    if (!(error instanceof IonError)) throw error;
    const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
    throw new UsageError(`parameter ${index + 1} is ${shown}: allowed is one Ion value, texts in double quotes (${error.message})`);
  }
}
