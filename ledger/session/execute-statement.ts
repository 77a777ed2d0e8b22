import { newId } from "../ids.ts";
import { Budget } from "../partiql/budget.ts";
import { execute } from "../partiql/execute.ts";
import { limits } from "../transaction/commit.ts";
import { nextPage, takeUsage } from "./page.ts";
import { parameterSteps, parametersLength, refuseLargeParameters } from "./parameters.ts";
import { type Json, requestText, transactionId } from "./requests.ts";
import type { Cursor, Session } from "./session.ts";

/** What is made of a statement takes about so many bytes for each of its characters. */
const bytesPerCharacter = 200;

/** ExecuteStatement: `{TransactionId, Statement, Parameters?}` → `{FirstPage, ConsumedIOs}` */
export async function executeStatement(request: Json, session: Session, clock: () => number): Promise<Json> {
  const now = clock();
  const transaction = session.open(requestText(request, "TransactionId", transactionId), now);
  const statement = requestText(request, "Statement", { most: limits.statement });
  const reading = parameterSteps(request.Parameters, (bytes) => session.hold(bytes));
  const parameters = await session.ready(transaction, parametersLength(request.Parameters), reading);
  const { ledger } = session;
  // Drivers have hashed the statement before they sent it: it counts even where it fails.
  const hashing = ledger.digests.steps(statement, parameters, transaction.hashes);
  const statementDigest = await session.ready(transaction, 0, hashing);
  const index = transaction.begin({ statement, startTime: now, statementDigest });
  const usage = { readIOs: 0, writeIOs: 0 };
  const undo = transaction.savepoint();
  try {
    refuseLargeParameters(request.Parameters);
    const parsed = await session.ready(transaction, statement.length, ledger.parsed(statement));
    const budget = new Budget(session.share);
    const rows = execute({ store: ledger.store, transaction, parsed, parameters, statement: index, now, clock, usage, budget, newId });
    await session.rest(transaction, statement.length);
    const cursor: Cursor = { transaction, rows, next: undefined, usage, budget, weight: statement.length * bytesPerCharacter, counted: 0 };
    return { FirstPage: await nextPage(session, cursor), ConsumedIOs: takeUsage(cursor) };
  } catch (error) {
    undo();
    session.endOverrun(transaction);
    throw error;
  }
}
