import { LedgerHttp } from "../../ledger/client/http.ts";
import { LedgerClient } from "../../ledger/client/session.ts";
import { ionJson } from "../../ledger/ion/json.ts";
import type { StackOutputs } from "../../model/outputs.ts";

/** A client of a stack's ledger. */
export function ledgerClient({ ledgerEndpoint = "", ledgerName }: Pick<StackOutputs, "ledgerEndpoint" | "ledgerName">): LedgerClient {
  return new LedgerClient(new LedgerHttp(ledgerEndpoint, ""), ledgerName);
}

interface Revision {
  readonly id: string;
  readonly version: number;
  readonly data: { readonly data: string };
}

/**
 * What a ledger says of each payment of a payout, by payee and document: were a payee's payment in two documents, both would be told.
 * @returns the states of all revisions, in their order
 */
export async function statesOf(ledger: LedgerClient, payoutId: string): Promise<Map<string, string[]>> {
  const rows = await ledger.read("SELECT h.metadata.id, h.metadata.version, h.data FROM history(transactions) AS h");
  const revisions = rows.map((row) => JSON.parse(ionJson(row)) as Revision);
  const found = new Map<string, string[]>();
  for (const { id, data } of revisions.toSorted((a, b) => a.version - b.version)) {
    const state = JSON.parse(Buffer.from(data.data, "base64").toString()) as { to: string; payoutId: string; status: string };
    if (state.payoutId !== payoutId) continue;
    const key = `${state.to} ${id}`;
    found.set(key, [...(found.get(key) ?? []), state.status]);
  }
  return found;
}
