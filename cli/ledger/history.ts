import { UserError } from "../../common/errors.ts";
import { table } from "../../common/table.ts";
import { quotedName, readCatalog, tableNamed } from "../../ledger/client/catalog.ts";
import type { LedgerClient } from "../../ledger/client/session.ts";
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
    const revisions = await withLedger(values, context, ({ client }) => revisionsOf(client, word, id));
    if (context.stdout.isTTY === true && !values.json) context.stdout.write(describeHistory(revisions));
    else showRows(revisions.map(revisionRow), context, values.json);
    return 0;
  },
});

async function revisionsOf(client: LedgerClient, word: string, id: string): Promise<IonValue[]> {
  const found = tableNamed(await readCatalog(client), word);
  const revisions = await client.read(historyStatement(found), [text(id)]);
  if (revisions.length > 0) return revisions;
  throw new UserError(`table ${found.name} never had a document ${id}`, `./nitro ledger query 'SELECT id FROM ${found.name} BY id'`);
}

/** All revisions of the document whose id is the parameter, found by that id. */
export function historyStatement({ id, name, active }: { readonly id: string; readonly name: string; readonly active: boolean }): string {
  return `SELECT * FROM history(${active ? quotedName(name) : `'${id}'`}) AS h WHERE h.metadata.id = ?`;
}

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
