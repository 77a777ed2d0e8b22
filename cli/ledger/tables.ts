import { table } from "../../common/table.ts";
import { type CountedTable, countTables } from "../../ledger/client/catalog.ts";
import { type IonValue, int, list, struct, text } from "../../ledger/ion/value.ts";
import { declareCommand } from "../core/command.ts";
import { showRows } from "./rows.ts";
import { ledgerOptions, withLedger } from "./target.ts";

export const command = declareCommand({
  unread: "end",
  options: ledgerOptions,
  stopsCleanly: true,

  async run({ values }, context) {
    const tables = await withLedger(values, context, ({ client }) => countTables(client));
    if (context.stdout.isTTY === true && !values.json) context.stdout.write(describeTables(tables));
    // No rows are what a program expects in a pipe, and people would see nothing.
    else if (tables.length === 0 && !values.json) context.stderr.write(describeTables(tables));
    else showRows(tables.map(tableRow), context, values.json);
    return 0;
  },
});

/** A table as a row: `{name, id, status, documents, indexes}`. */
export function tableRow({ name, id, active, documents, indexes }: CountedTable): IonValue {
  return struct({
    name: text(name),
    id: text(id),
    status: text(status(active)),
    documents: documents === undefined ? undefined : int(documents),
    indexes: list(indexes.map(text)),
  });
}

/** The tables for people. */
export function describeTables(tables: readonly CountedTable[]): string {
  if (tables.length === 0) return 'there are no tables yet: ./nitro ledger query "CREATE TABLE T"\n';
  const rows = tables.map(({ name, id, active, documents, indexes }) => [
    name,
    id,
    status(active),
    documents === undefined ? "-" : String(documents),
    indexes.join(", "),
  ]);
  return table(["table", "id", "status", "documents", "indexes"], rows);
}

function status(active: boolean): string {
  return active ? "ACTIVE" : "INACTIVE";
}
