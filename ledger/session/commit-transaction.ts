import { badRequest } from "../transaction/errors.ts";
import { bytesOf, type Json, requestText, transactionId } from "./requests.ts";
import type { Session } from "./session.ts";

/** CommitTransaction: `{TransactionId, CommitDigest}` → the same, once everything is on disk. */
export async function commitTransaction(request: Json, session: Session, now: number): Promise<Json> {
  const transaction = session.open(requestText(request, "TransactionId", transactionId), now);
  const digest = bytesOf(request.CommitDigest, "CommitDigest");
  if (!digest.equals(transaction.digest)) {
    session.abandon();
    throw badRequest(`Commit digest does not match for transaction ${transaction.id}`);
  }
  // What a commit itself does is one step.
  await session.ready(transaction, 0, transaction.hashSteps());
  const writeIOs = transaction.documentCount;
  session.forget();
  await session.ledger.commit(transaction);
  return {
    TransactionId: transaction.id,
    CommitDigest: transaction.digest.toString("base64"),
    ConsumedIOs: { ReadIOs: 0, WriteIOs: writeIOs },
  };
}
