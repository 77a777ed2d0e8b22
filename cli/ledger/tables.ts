import { table } from "../../common/table.ts";
import { type CatalogTable, quotedName, readCatalog } from "../../ledger/client/catalog.ts";
import type { LedgerClient } from "../../ledger/client/session.ts";
import { type IonValue, int, list, struct, text } from "../../ledger/ion/value.ts";
import { declareCommand } from "../core/command.ts";
import { showRows } from "./rows.ts";
import { ledgerOptions, withLedger } from "./target.ts";

interface CountedTable extends CatalogTable {
  /** Undefined for a dropped table: nobody can ask. */
  readonly documents: number | undefined;
}

export const command = declareCommand({
  unread: "end",
  options: ledgerOptions,
  stopsCleanly: true,

  async run({ values }, context) {
    const tables = await withLedger(values, context, ({ client }) => countedTables(client));
    if (context.stdout.isTTY === true && !values.json) context.stdout.write(describeTables(tables));
    else showRows(tables.map(tableRow), context, values.json);
    return 0;
  },
});

async function countedTables(client: LedgerClient): Promise<CountedTable[]> {
  const tables: CountedTable[] = [];
  for (const each of sorted(await readCatalog(client))) tables.push({ ...each, documents: await count(client, each) });
  return tables;
}

/** Active ones first, by name. */
function sorted(tables: readonly CatalogTable[]): CatalogTable[] {
  return [...tables].sort((a, b) => Number(b.active) - Number(a.active) || (a.name < b.name ? -1 : 1));
}

async function count(client: LedgerClient, { name, active }: CatalogTable): Promise<number | undefined> {
  if (!active) return undefined;
  const [value] = await client.read(`SELECT VALUE COUNT(*) FROM ${quotedName(name)}`);
  return value?.type === "int" ? Number(value.value) : undefined;
}

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
