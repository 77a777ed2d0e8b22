import { newId } from "../ids.ts";
import { readBinary } from "../ion/binary-reader.ts";
import { IonError } from "../ion/errors.ts";
import { readText } from "../ion/text.ts";
import type { IonValue } from "../ion/value.ts";
import { execute } from "../partiql/execute.ts";
import { badRequest } from "../transaction/errors.ts";
import { nextPage, takeUsage } from "./page.ts";
import { bytesOf, type Json, object, textOf, transactionId } from "./requests.ts";
import type { Cursor, Session } from "./session.ts";

/** ExecuteStatement: `{TransactionId, Statement, Parameters?}` → `{FirstPage, ConsumedIOs}` */
export async function executeStatement(request: Json, session: Session, clock: () => number): Promise<Json> {
  const now = clock();
  const transaction = session.open(textOf(request, "TransactionId", transactionId), now);
  const statement = textOf(request, "Statement", { most: 100_000 });
  const parameters = parametersOf(request.Parameters);
  const { ledger } = session;
  // Drivers have hashed the statement before they sent it: it counts even where it fails.
  const statementDigest = ledger.digests.digest(statement, parameters, transaction.hashes);
  const index = transaction.begin({ statement, startTime: now, statementDigest });
  const usage = { readIOs: 0, writeIOs: 0 };
  const undo = transaction.savepoint();
  try {
    const parsed = ledger.statements.parse(statement);
    const rows = execute({ store: ledger.store, transaction, parsed, parameters, statement: index, now, clock, usage, newId });
    const cursor: Cursor = { transaction, rows, next: undefined, usage };
    return { FirstPage: await nextPage(session, cursor), ConsumedIOs: takeUsage(cursor) };
  } catch (error) {
    undo();
    throw error;
  }
}

function parametersOf(value: unknown): IonValue[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw badRequest("Parameters has to be a list");
  return value.map((holder: unknown, index) => {
    const name = `Parameters[${index}]`;
    const { IonBinary: binary, IonText: text } = object(holder, name);
    try {
      if (binary !== undefined && binary !== null) return readBinary(bytesOf(binary, `${name}.IonBinary`));
      if (typeof text === "string") return readText(text);
    } catch (error) {
      if (error instanceof IonError) throw badRequest(`${name} is not an Ion value: ${error.message}`);
      throw error;
    }
    throw badRequest(`${name} has neither IonBinary nor IonText`);
  });
}
