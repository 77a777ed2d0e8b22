import { UserError } from "../../common/errors.ts";
import { type CatalogTable, quotedName, readCatalog } from "../../ledger/client/catalog.ts";
import { historyStatement } from "../../ledger/client/history.ts";
import type { LastRevisions } from "../../ledger/client/last-revisions.ts";
import { differs } from "../../ledger/client/proof.ts";
import { SentIon, type SentRevision } from "../../ledger/client/sent-revision.ts";
import type { LedgerClient } from "../../ledger/client/session.ts";
import { IonError } from "../../ledger/ion/errors.ts";
import { list, text } from "../../ledger/ion/value.ts";

/** So many documents are asked for in one statement: as many as a page has. */
const inStatement = 100;
/** So many statements are asked in one transaction, which takes a fraction of the 30 seconds that it has. */
const inTransaction = 10;

/** How many documents each active table has, by the table's id: their revisions are those of the journal. */
export type VerifiedState = ReadonlyMap<CatalogTable, number>;

/**
 * Compares what queries see with what the journal says: every document of every active table is there, and is the journal's last revision of it.
 * What was changed after the tip is left out.
 * @param clients which ask at the same time
 * @param tip number of the last block that `documents` knows of
 * @param onDocument told how many documents are done
 * @throws UserError naming the document that differs
 */
export async function verifyState(
  clients: readonly [LedgerClient, ...LedgerClient[]],
  documents: LastRevisions,
  tip: number,
  onDocument: (done: number) => void,
): Promise<VerifiedState> {
  const verified = new Map<CatalogTable, number>();
  let done = 0;
  for (const table of (await readCatalog(clients[0])).filter(({ active }) => active)) {
    const batches = inBatches(documents.ids(table.id), inStatement * inTransaction);
    const work = async (client: LedgerClient) => {
      const state = new TableState(client, table, documents, tip);
      for (const ids of batches) {
        await state.compare(ids);
        done += ids.length;
        onDocument(done);
      }
    };
    await Promise.all(clients.map(work));
    verified.set(table, documents.count(table.id));
  }
  return verified;
}

function* inBatches<T>(all: Iterable<T>, most: number): Generator<T[]> {
  let batch: T[] = [];
  for (const each of all) {
    if (batch.push(each) < most) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** What one client sees of a table. */
class TableState {
  private readonly client: LedgerClient;
  private readonly table: CatalogTable;
  private readonly documents: LastRevisions;
  private readonly tip: number;
  private readonly ion = new SentIon();

  constructor(client: LedgerClient, table: CatalogTable, documents: LastRevisions, tip: number) {
    this.client = client;
    this.table = table;
    this.documents = documents;
    this.tip = tip;
  }

  /** @throws UserError naming the document that is not as the journal says */
  async compare(ids: readonly string[]): Promise<void> {
    const statement = `SELECT * FROM ${quotedName(`_ql_committed_${this.table.name}`)} AS r WHERE r.metadata.id IN ?`;
    const sets = [...inBatches(ids, inStatement)].map((some) => [list(some.map(text))]);
    const rows = (await this.client.readEach(statement, sets, (bytes) => this.shown(bytes))).flat();
    const found = new Map(rows.map((revision) => [revision.documentId, revision]));
    for (const id of ids) {
      const revision = found.get(id);
      const block = revision === undefined ? await this.lastBlock(id) : revision.sequenceNo;
      if (block !== undefined && block > this.tip) continue;
      const problem = stateProblem(revision, this.documents.hash(this.table.id, id));
      if (problem !== undefined) throw new UserError(`document ${id} of table ${this.table.name}: ${problem}`);
    }
  }

  private shown(bytes: Buffer): SentRevision {
    for (const { walker, at } of this.ion.structs(bytes)) return this.ion.revision(walker, at);
    throw new IonError("a row without a value");
  }

  /** Of a document that is not there, the block of its last revision: deleted after the tip, or lost. */
  private async lastBlock(id: string): Promise<number | undefined> {
    const [revisions = []] = await this.client.readEach(historyStatement(this.table), [[text(id)]], (bytes) => this.shown(bytes));
    return revisions.at(-1)?.sequenceNo;
  }
}

/** @returns what is wrong with a document that queries see, or undefined */
export function stateProblem(revision: SentRevision | undefined, journaled: Buffer): string | undefined {
  if (revision === undefined) return "it is in the journal, but queries do not find it";
  if (revision.problem !== undefined) return revision.problem;
  const { hash } = revision;
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
