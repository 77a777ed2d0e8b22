import { badRequest } from "../transaction/errors.ts";
import { abortTransaction } from "./abort-transaction.ts";
import { commitTransaction } from "./commit-transaction.ts";
import type { SessionContext } from "./context.ts";
import { executeStatement } from "./execute-statement.ts";
import { fetchPage } from "./fetch-page.ts";
import { type Json, object, requestText, type SessionCommandName, sessionCommandNames, token } from "./requests.ts";
import { startSession } from "./start-session.ts";
import { startTransaction } from "./start-transaction.ts";

/**
 * Answers one request of the session API: a token (but for StartSession) and exactly one command.
 * @throws LedgerError
 */
export async function sendCommand(request: Json, context: SessionContext): Promise<Json> {
  const began = performance.now();
  const given = sessionCommandNames.filter((name) => request[name] !== undefined && request[name] !== null);
  const [command] = given;
  if (command === undefined || given.length > 1)
    throw badRequest(`a request has exactly one command of ${sessionCommandNames.join(", ")}; this one has ${given.length}`);
  const answer = await run(command, object(request[command], command), request, context);
  const time = Math.max(1, Math.round(performance.now() - began));
  return { [command]: { ...answer, TimingInformation: { ProcessingTimeMilliseconds: time } } };
}

async function run(command: SessionCommandName, body: Json, request: Json, context: SessionContext): Promise<Json> {
  if (command === "StartSession") {
    if (request.SessionToken !== undefined && request.SessionToken !== null) throw badRequest("StartSession takes no SessionToken");
    return startSession(body, context);
  }
  const session = context.sessions.find(requestText(request, "SessionToken", token));
  const { now } = context;
  switch (command) {
    // What ends a transaction does not wait for a statement of it that is still running.
    case "StartTransaction":
      return startTransaction(body, session, now());
    case "AbortTransaction":
      return abortTransaction(body, session);
    case "EndSession":
      context.sessions.end(session);
      return {};
    case "ExecuteStatement":
      return session.inTurn(() => executeStatement(body, session, now));
    case "FetchPage":
      return session.inTurn(() => fetchPage(body, session, now()));
    case "CommitTransaction":
      return session.inTurn(() => commitTransaction(body, session, now()));
  }
}
