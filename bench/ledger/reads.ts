import { table } from "../../common/table.ts";
import type { GoClient } from "./go-client.ts";
import { judgedFigure, type Measured, rate } from "./measured.ts";
import type { LedgerServer } from "./server.ts";

/** The table of that many documents. */
export function tableOf(documents: number): string {
  return `payments${documents}`;
}

/** Makes a table of small documents: 16 clients, 40 documents a transaction. */
export async function fill(go: GoClient, ledger: LedgerServer, documents: number): Promise<string[]> {
  const filled = await go.run({
    workload: "ledger-fill",
    endpoint: ledger.url,
    clients: 16,
    table: tableOf(documents),
    documents,
  });
  return [String(documents), `${filled.seconds.toFixed(1)} s`, `${(documents / filled.seconds).toFixed(0)}/s`];
}

/** Single documents by the index, in tables of growing size. */
export async function reads(go: GoClient, ledger: LedgerServer, sizes: readonly number[], seconds: number): Promise<string> {
  const found: [size: number, measured: Measured][] = [];
  for (const documents of sizes) {
    const workload = { workload: "ledger-read", endpoint: ledger.url, clients: 1, table: tableOf(documents), documents } as const;
    found.push([documents, await go.run({ ...workload, seconds })]);
  }
  const smallest = found[0]?.[1].p50 ?? Number.NaN;
  const rows = found.map(([documents, each]) => [
    String(documents),
    `${each.p50.toFixed(2)} ms`,
    `${each.p99.toFixed(2)} ms`,
    `${rate(each).toFixed(0)}/s`,
    judgedFigure(each.p50 / smallest, { most: 1.5 }, " ×"),
  ]);
  return table(["documents", "p50 of an indexed read", "p99", "one client", `against ${sizes[0] ?? 0}`], rows);
}
