import { UserError } from "../../common/errors.ts";
import { type CatalogTable, quotedName, readCatalog } from "../../ledger/client/catalog.ts";
import { historyStatement } from "../../ledger/client/history.ts";
import { differs, documentId, hashBytes, revisionProblem } from "../../ledger/client/proof.ts";
import type { LedgerClient } from "../../ledger/client/session.ts";
import { field, type IonValue, text } from "../../ledger/ion/value.ts";
import type { LastRevision } from "./verify-journal.ts";

/** So many documents are asked for in one statement. */
const atOnce = 100;

/** How many documents each active table has, by the table's id: their revisions are those of the journal. */
export type VerifiedState = ReadonlyMap<CatalogTable, number>;

/**
 * Compares what queries see with what the journal says: every document of every active table is there, and is the journal's last revision of it.
 * What was changed after the tip is left out.
 * @param tip number of the last block that `documents` knows of
 * @param onDocument told how many documents are done
 * @throws UserError naming the document that differs
 */
export async function verifyState(
  client: LedgerClient,
  documents: ReadonlyMap<string, LastRevision>,
  tip: number,
  onDocument: (done: number) => void,
): Promise<VerifiedState> {
  const verified = new Map<CatalogTable, number>();
  let done = 0;
  for (const table of (await readCatalog(client)).filter(({ active }) => active)) {
    const ids = [...documents].filter(([, { tableId, live }]) => live && tableId === table.id).map(([id]) => id);
    for (let first = 0; first < ids.length; first += atOnce) {
      const some = ids.slice(first, first + atOnce);
      await compare(client, table, some, documents, tip);
      done += some.length;
      onDocument(done);
    }
    verified.set(table, ids.length);
  }
  return verified;
}

async function compare(
  client: LedgerClient,
  table: CatalogTable,
  ids: readonly string[],
  documents: ReadonlyMap<string, LastRevision>,
  tip: number,
): Promise<void> {
  const statement = `SELECT * FROM ${quotedName(`_ql_committed_${table.name}`)} AS r WHERE r.metadata.id IN (${ids.map(() => "?").join(", ")})`;
  const found = new Map((await client.read(statement, ids.map(text))).map((revision) => [documentId(revision), revision]));
  for (const id of ids) {
    const revision = found.get(id) ?? (await lastRevision(client, table, id));
    if (revision !== undefined && blockOf(revision) > tip) continue;
    const problem = stateProblem(found.get(id), documents.get(id)?.hash ?? Buffer.alloc(0));
    if (problem !== undefined) throw new UserError(`document ${id} of table ${table.name}: ${problem}`);
  }
}

/** Of a document that is not there: deleted after the tip, or lost. */
async function lastRevision(client: LedgerClient, table: CatalogTable, id: string): Promise<IonValue | undefined> {
  return (await client.read(historyStatement(table), [text(id)])).at(-1);
}

/** @returns what is wrong with a document that queries see, or undefined */
export function stateProblem(revision: IonValue | undefined, journaled: Buffer): string | undefined {
  if (revision === undefined) return "it is in the journal, but queries do not find it";
  const own = revisionProblem(revision);
  if (own !== undefined) return own;
  const hash = hashBytes(field(revision, "hash"));
  return hash.equals(journaled) ? undefined : differs("its hash", hash, "the journal's last revision of it has", journaled);
}

/**
 * Whether tables hold documents that the journal does not know. Tells only while nothing is written at the same time.
 * @throws UserError naming the table
 */
export async function verifyCounts(client: LedgerClient, state: VerifiedState): Promise<void> {
  for (const [{ name }, expected] of state) {
    const [count] = await client.read(`SELECT VALUE COUNT(*) FROM ${quotedName(name)}`);
    const found = count?.type === "int" ? Number(count.value) : -1;
    if (found !== expected) throw new UserError(`table ${name} has ${found} documents, the journal says ${expected}`);
  }
}

function blockOf(revision: IonValue): number {
  const sequenceNo = field(field(revision, "blockAddress"), "sequenceNo");
  return sequenceNo?.type === "int" ? Number(sequenceNo.value) : -1;
}
