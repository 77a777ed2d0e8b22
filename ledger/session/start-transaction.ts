import { badRequest } from "../transaction/errors.ts";
import type { Json } from "./requests.ts";
import type { Session } from "./session.ts";

/**
 * StartTransaction: `{}` → `{TransactionId}`.
 * @throws LedgerError BadRequestException where one is open, InvalidSessionException where that one has expired
 */
export function startTransaction(_request: Json, session: Session, now: number): Json {
  if (!session.busy) session.expireTransaction(now);
  if (session.expired !== undefined) throw session.expired;
  if (session.transaction !== undefined) throw badRequest("Transaction already open");
  session.transaction = session.ledger.begin();
  return { TransactionId: session.transaction.id };
}
