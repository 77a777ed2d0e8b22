import { UserError } from "../../common/errors.ts";
import { nearest } from "../../common/nearest.ts";
import { field, type IonValue, textField } from "../ion/value.ts";
import type { LedgerClient } from "./session.ts";

/** A table as the ledger's catalog tells it. */
export interface CatalogTable {
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
  /** Names of the indexed fields. */
  readonly indexes: readonly string[];
}

/** All tables of a ledger, dropped ones too. */
export async function readCatalog(client: LedgerClient): Promise<CatalogTable[]> {
  return (await client.read("SELECT * FROM information_schema.user_tables")).map(catalogTable);
}

/** A table, and how many documents it has. */
export interface CountedTable extends CatalogTable {
  /** Undefined for a dropped table: nobody can ask. */
  readonly documents: number | undefined;
}

/** All tables with their documents counted: active ones first, by name. */
export async function countTables(client: LedgerClient): Promise<CountedTable[]> {
  const tables: CountedTable[] = [];
  for (const each of sorted(await readCatalog(client))) tables.push({ ...each, documents: await count(client, each) });
  return tables;
}

function sorted(tables: readonly CatalogTable[]): CatalogTable[] {
  return [...tables].sort((a, b) => Number(b.active) - Number(a.active) || (a.name < b.name ? -1 : 1));
}

async function count(client: LedgerClient, { name, active }: CatalogTable): Promise<number | undefined> {
  if (!active) return undefined;
  const [value] = await client.read(`SELECT VALUE COUNT(*) FROM ${quotedName(name)}`);
  return value?.type === "int" ? Number(value.value) : undefined;
}

function catalogTable(row: IonValue): CatalogTable {
  const indexes = field(row, "indexes");
  return {
    id: textField(row, "tableId") ?? "",
    name: textField(row, "name") ?? "",
    active: textField(row, "status") === "ACTIVE",
    indexes: (indexes?.type === "list" ? indexes.items : []).map((each) => (textField(each, "expr") ?? "").slice(1, -1)),
  };
}

/**
 * The table that a word means: an active one's name, any one's id, or the name of one that was dropped.
 * @throws UserError naming the tables that there are
 */
export function tableNamed(tables: readonly CatalogTable[], word: string): CatalogTable {
  const found =
    tables.find(({ name, active }) => active && name === word) ??
    tables.find(({ id }) => id === word) ??
    tables.findLast(({ name }) => name === word);
  if (found !== undefined) return found;
  const names = [...new Set(tables.map(({ name }) => name))];
  const meant = nearest(word, names);
  const there = names.length === 0 ? "the ledger has none" : `there are ${names.join(", ")}`;
  throw new UserError(`there is no table "${word}"`, meant === undefined ? there : `did you mean ${meant}? ${there}`);
}

/** An active table's name as statements write it. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
