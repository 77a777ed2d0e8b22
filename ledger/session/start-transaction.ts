import type { Json } from "./requests.ts";
import type { Session } from "./session.ts";

/** StartTransaction: `{}` → `{TransactionId}`. A transaction that is still open is replaced. */
export function startTransaction(_request: Json, session: Session): Json {
  session.abandon();
  session.transaction = session.ledger.begin();
  return { TransactionId: session.transaction.id };
}
