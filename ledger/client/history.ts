import { UserError } from "../../common/errors.ts";
import { type IonValue, text } from "../ion/value.ts";
import { type CatalogTable, quotedName, readCatalog, tableNamed } from "./catalog.ts";
import type { LedgerClient } from "./session.ts";

/** A document's revisions, oldest first. */
export interface DocumentHistory {
  readonly table: CatalogTable;
  readonly revisions: readonly IonValue[];
}

/**
 * Every revision of a document.
 * @param word a table's name, or its id, also of a dropped one
 * @throws UserError where there is no such table, or it never had the document
 */
export async function revisionsOf(client: LedgerClient, word: string, id: string): Promise<DocumentHistory> {
  const table = tableNamed(await readCatalog(client), word);
  const revisions = await client.read(historyStatement(table), [text(id)]);
  if (revisions.length > 0) return { table, revisions };
  throw new UserError(`table ${table.name} never had a document ${id}`, `its ids: SELECT id FROM ${quotedName(table.name)} BY id`);
}

/** All revisions of the document whose id is the parameter, found by that id. */
export function historyStatement({ id, name, active }: { readonly id: string; readonly name: string; readonly active: boolean }): string {
  return `SELECT * FROM history(${active ? quotedName(name) : `'${id}'`}) AS h WHERE h.metadata.id = ?`;
}
