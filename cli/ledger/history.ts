import { table } from "../../common/table.ts";
import { revisionsOf } from "../../ledger/client/history.ts";
import { field, type IonValue, struct, text } from "../../ledger/ion/value.ts";
import { declareCommand } from "../core/command.ts";
import { cell, counted, showRows } from "./rows.ts";
import { ledgerOptions, withLedger } from "./target.ts";

export const command = declareCommand({
  unread: "end",
  arguments: {
    table: { what: "the table", help: "a table's name, or its id, also of a dropped one" },
    id: { what: "the document's id", help: "the document's id: SELECT id FROM T BY id WHERE …" },
  },
  options: ledgerOptions,
  stopsCleanly: true,

  async run({ values, words: { table: word, id } }, context) {
    const { revisions } = await withLedger(values, context, ({ client }) => revisionsOf(client, word, id));
    if (context.stdout.isTTY === true && !values.json) context.stdout.write(describeHistory(revisions));
    else showRows(revisions.map(revisionRow), context, values.json);
    return 0;
  },
});

/** A revision as a row: `{version, time, txId, data}`; a deletion has no data, a redaction its `dataHash`. */
export function revisionRow(revision: IonValue): IonValue {
  const metadata = field(revision, "metadata");
  return struct({
    version: field(metadata, "version"),
    time: field(metadata, "txTime"),
    txId: field(metadata, "txId"),
    data: field(revision, "data"),
    dataHash: field(revision, "dataHash"),
  });
}

/** The revisions for people. */
export function describeHistory(revisions: readonly IonValue[]): string {
  const rows = revisions.map((revision) => {
    const row = revisionRow(revision);
    const shown = (name: string) => (field(row, name) === undefined ? "" : cell(field(row, name) ?? text("")));
    const absent = field(row, "dataHash") === undefined ? "(deleted)" : "(redacted)";
    return [shown("version"), shown("time"), shown("txId"), field(row, "data") === undefined ? absent : shown("data")];
  });
  return `${table(["version", "time", "transaction", "data"], rows)}${counted(rows.length, "revision")}\n`;
}
