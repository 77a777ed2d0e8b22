import { newId } from "../ids.ts";
import { execute } from "../partiql/execute.ts";
import { nextPage, takeUsage } from "./page.ts";
import { parametersOf, refuseLargeParameters } from "./parameters.ts";
import { type Json, requestText, transactionId } from "./requests.ts";
import type { Cursor, Session } from "./session.ts";

/** ExecuteStatement: `{TransactionId, Statement, Parameters?}` → `{FirstPage, ConsumedIOs}` */
export async function executeStatement(request: Json, session: Session, clock: () => number): Promise<Json> {
  const now = clock();
  const transaction = session.open(requestText(request, "TransactionId", transactionId), now);
  const statement = requestText(request, "Statement", { most: 100_000 });
  const parameters = parametersOf(request.Parameters, (bytes) => session.hold(bytes));
  const { ledger } = session;
  // Drivers have hashed the statement before they sent it: it counts even where it fails.
  const statementDigest = ledger.digests.digest(statement, parameters, transaction.hashes);
  const index = transaction.begin({ statement, startTime: now, statementDigest });
  const usage = { readIOs: 0, writeIOs: 0 };
  const undo = transaction.savepoint();
  try {
    refuseLargeParameters(request.Parameters);
    const parsed = ledger.statements.get(statement);
    const rows = execute({ store: ledger.store, transaction, parsed, parameters, statement: index, now, clock, usage, newId });
    const cursor: Cursor = { transaction, rows, next: undefined, usage };
    return { FirstPage: await nextPage(session, cursor), ConsumedIOs: takeUsage(cursor) };
  } catch (error) {
    undo();
    throw error;
  }
}
