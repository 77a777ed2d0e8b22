import { UserError } from "../common/errors.ts";
import { countTables } from "../ledger/client/catalog.ts";
import { Evidence } from "../ledger/client/evidence.ts";
import { explainStatement } from "../ledger/client/explain.ts";
import { revisionsOf } from "../ledger/client/history.ts";
import type { LedgerHttp } from "../ledger/client/http.ts";
import type { LedgerClient } from "../ledger/client/session.ts";
import { writeBinary } from "../ledger/ion/binary-writer.ts";
import { IonError } from "../ledger/ion/errors.ts";
import { readText } from "../ledger/ion/text.ts";
import { type IonValue, int, struct, text } from "../ledger/ion/value.ts";
import type { Asked, Route } from "./routes.ts";
import type { DocumentView, PlanView, ProofView, QueryView, TableView } from "./views.ts";

/** A ledger, while it can be asked. */
export interface OpenLedger {
  readonly http: LedgerHttp;
  readonly name: string;
  readonly client: LedgerClient;
}

/** What the page needs of a ledger. */
export interface LedgerDesk {
  /** @throws UserError where it cannot be asked now */
  withLedger<T>(use: (ledger: OpenLedger) => Promise<T>): Promise<T>;
}

/** Of more rows the page gets the first. */
const mostRows = 20_000;

/** @returns the routes that tell of a ledger, and run statements on it */
export function ledgerRoutes(desk: LedgerDesk): Route[] {
  return [
    { method: "GET", path: "/api/ledger/tables", answer: (): Promise<TableView[]> => desk.withLedger(({ client }) => countTables(client)) },
    { method: "POST", path: "/api/ledger/query", answer: ({ body }) => desk.withLedger((ledger) => query(ledger, body)) },
    { method: "POST", path: "/api/ledger/explain", answer: ({ body }) => desk.withLedger((ledger) => explain(ledger, body)) },
    { method: "GET", path: "/api/ledger/history", answer: (asked) => desk.withLedger((ledger) => history(ledger, asked)) },
    { method: "GET", path: "/api/ledger/proof", answer: (asked) => desk.withLedger((ledger) => prove(ledger, asked)) },
  ];
}

/** Runs a statement in a transaction of its own. */
async function query({ client }: OpenLedger, body: unknown): Promise<QueryView> {
  const { statement, parameters } = statementIn(body);
  const began = performance.now();
  const rows = await client.execute(statement, parameters);
  const took = performance.now() - began;
  return { rows: rows.slice(0, mostRows).map(packed), total: rows.length, took };
}

async function explain({ http, name }: OpenLedger, body: unknown): Promise<{ plan: readonly PlanView[] }> {
  return { plan: await explainStatement(http, name, statementIn(body).statement) };
}

async function history({ client }: OpenLedger, { query }: Asked): Promise<DocumentView> {
  const { table, revisions } = await revisionsOf(client, query.get("table") ?? "", query.get("id") ?? "");
  return { table: table.name, revisions: revisions.map(packed) };
}

/** What proves one revision. Whether it does, the page finds out itself. */
async function prove({ http, name }: OpenLedger, { query }: Asked): Promise<ProofView> {
  const sequenceNo = Number(query.get("sequenceNo") ?? "");
  if (!Number.isSafeInteger(sequenceNo)) throw new UserError("sequenceNo is no number of a block");
  const evidence = new Evidence(http, name);
  const digest = await evidence.digest();
  if (digest === undefined) throw new UserError("the ledger has no block yet");
  const address = struct({ strandId: text(query.get("strandId") ?? ""), sequenceNo: int(sequenceNo) });
  const { proof } = await evidence.revision(address, query.get("id") ?? "", digest);
  return { digest: digest.hash.toString("base64"), sequenceNo: digest.sequenceNo, proof: proof.map((hash) => hash.toString("base64")) };
}

/** @throws UserError for what is no statement with parameters */
export function statementIn(body: unknown): { statement: string; parameters: IonValue[] } {
  const { statement, parameters = [] } = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  if (typeof statement !== "string" || statement.trim() === "") throw new UserError("there is no statement");
  if (!Array.isArray(parameters)) throw new UserError("the parameters are no list");
  return { statement, parameters: parameters.map(parameter) };
}

function parameter(given: unknown, index: number): IonValue {
  try {
    return readText(String(given));
  } catch (error) {
    if (!(error instanceof IonError)) throw error;
    throw new UserError(
      `parameter ${index + 1} is ${String(given).slice(0, 100)}: allowed is one Ion value, texts in double quotes (${error.message})`,
    );
  }
}

function packed(value: IonValue): string {
  return writeBinary(value).toString("base64");
}
