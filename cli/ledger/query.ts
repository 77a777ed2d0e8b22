import { text as readAll } from "node:stream/consumers";
import type { Context } from "../../common/context.ts";
import { UsageError } from "../../common/errors.ts";
import { IonError } from "../../ledger/ion/errors.ts";
import { readText } from "../../ledger/ion/text.ts";
import type { IonValue } from "../../ledger/ion/value.ts";
import { type Command, parseArguments } from "../core/command.ts";
import { pointing } from "./caret.ts";
import { showRows } from "./rows.ts";
import { ledgerOptions, ledgerOptionsUsage, withLedger } from "./target.ts";

/** As many parameters as anyone writes on a command line. */
const mostParameters = 100;

export const command: Command = {
  summary: "Run a PartiQL statement, in a transaction of its own",
  usage: `nitro ledger query STATEMENT [PARAMETER…] [-s STACK | --endpoint URL [--ledger NAME]] [--json]

Any statement that QLDB knows, changes too; committed, and tried again after a conflict. - reads it from standard input. Each ? takes a
parameter, written as Ion:
  nitro ledger query "SELECT * FROM transactions WHERE idempotencyKey = ?" '"abc"'

${ledgerOptionsUsage}`,
  stopsCleanly: true,

  async run(args: string[], context: Context): Promise<number> {
    const { values, positionals } = parseArguments(args, ledgerOptions, mostParameters + 1);
    const [given, ...texts] = positionals;
    if (given === undefined) throw new UsageError("the statement is missing");
    const parameters = texts.map(parameter);
    const statement = given === "-" ? (await readAll(context.stdin)).trimEnd() : given;
    const rows = await withLedger(values, context, ({ client }) => pointing(statement, client.execute(statement, parameters)));
    showRows(rows, context, values.json);
    return 0;
  },
};

/** @throws UsageError where the text is not one Ion value */
export function parameter(text: string, index: number): IonValue {
  try {
    return readText(text);
  } catch (error) {
    if (!(error instanceof IonError)) throw error;
    throw new UsageError(`parameter ${index + 1} is ${text}: allowed is one Ion value, texts in double quotes (${error.message})`);
  }
}
