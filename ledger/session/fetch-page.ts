import { badRequest } from "../transaction/errors.ts";
import { nextPage, takeUsage } from "./page.ts";
import { type Json, requestText, token, transactionId } from "./requests.ts";
import type { Session } from "./session.ts";

/** FetchPage: `{TransactionId, NextPageToken}` → `{Page, ConsumedIOs}`. A token is good for one page. */
export async function fetchPage(request: Json, session: Session, now: number): Promise<Json> {
  const transaction = session.open(requestText(request, "TransactionId", transactionId), now);
  const pageToken = requestText(request, "NextPageToken", token);
  const cursor = session.cursors.get(pageToken);
  if (cursor === undefined) throw badRequest("Invalid NextPageToken");
  session.cursors.delete(pageToken);
  try {
    return { Page: await nextPage(session, cursor), ConsumedIOs: takeUsage(cursor) };
  } catch (error) {
    session.endOverrun(transaction);
    throw error;
  }
}
