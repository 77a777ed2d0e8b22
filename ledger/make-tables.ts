import { newId } from "./ids.ts";
import type { Ledger } from "./ledger.ts";
import { Budget } from "./partiql/budget.ts";
import { execute } from "./partiql/execute.ts";
import type { TableDefinition } from "./store/table.ts";

/**
 * Makes tables with their indexes in a ledger, each in a transaction of its own as programs do, by statements that the journal shows.
 * @param now milliseconds since 1970
 */
export async function makeTables(ledger: Ledger, tables: readonly TableDefinition[], now: () => number): Promise<void> {
  for (const { name, indexes } of tables) {
    const transaction = ledger.begin();
    for (const statement of [`CREATE TABLE ${name}`, ...indexes.map(({ field }) => `CREATE INDEX ON ${name} (${quoted(field)})`)]) {
      const statementDigest = ledger.digests.digest(statement, []);
      const index = transaction.begin({ statement, startTime: now(), statementDigest });
      const rows = execute({
        ...{ store: ledger.store, transaction, parsed: ledger.statements.get(statement), parameters: [], statement: index },
        ...{ now: now(), clock: now, usage: { readIOs: 0, writeIOs: 0 }, budget: new Budget(Number.POSITIVE_INFINITY), newId },
      });
      while (rows.next().done !== true);
    }
    await ledger.commit(transaction);
  }
}

/** A name as PartiQL takes it, whatever it has in it. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
