import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { table } from "../../common/table.ts";
import { LedgerHttp } from "../../ledger/client/http.ts";
import { nitro } from "../run.ts";
import { judgedFigure } from "./measured.ts";
import { benchLedgerName, startLedger } from "./server.ts";

const mostSeconds = 60;

/**
 * What looks at the whole journal: `nitro ledger verify`, and an export in Ion text.
 * @param folder the data folder of a ledger that is not running
 */
export async function wholeJournal(folder: string, revisions: number): Promise<string> {
  const began = performance.now();
  await nitro(["ledger", "verify", "--dir", folder]);
  const verified = performance.now() - began;
  const exported = await exportAll(folder);
  return table(
    [`${revisions} revisions`, ""],
    [
      ["verify", judgedFigure(verified / 1000, { most: mostSeconds }, " s", 1)],
      ["export", judgedFigure(exported.ms / 1000, { most: mostSeconds }, " s", 1)],
      ["exported", `${(exported.bytes / 2 ** 20).toFixed(0)} MiB`],
    ],
  );
}

/** Exports to an S3 that takes everything at once and keeps nothing: what is measured is the ledger. */
async function exportAll(folder: string): Promise<{ readonly ms: number; readonly bytes: number }> {
  let bytes = 0;
  const storage = createServer((request, response) => {
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on("end", () => response.writeHead(200, { ETag: '"taken"' }).end());
  });
  await new Promise<void>((resolve) => {
    storage.listen(0, "127.0.0.1", resolve);
  });
  const { port } = storage.address() as AddressInfo;
  const access = { AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`, AWS_ACCESS_KEY_ID: "bench", AWS_SECRET_ACCESS_KEY: "bench" };
  const ledger = await startLedger(folder, [], undefined, access);
  try {
    // The server verifies its journal in the background first.
    while (!ledger.log.some((line) => line.includes("verified"))) await sleep(100);
    const http = new LedgerHttp(ledger.url, "");
    const path = `/ledgers/${benchLedgerName}/journal-s3-exports`;
    const began = performance.now();
    const { ExportId: id } = await http.control("POST", path, order());
    for (;;) {
      const { ExportDescription: description } = await http.control("GET", `${path}/${String(id)}`);
      const status = (description as { readonly Status?: string } | undefined)?.Status;
      if (status === "COMPLETED") return { ms: performance.now() - began, bytes };
      if (status !== "IN_PROGRESS") throw new Error(`the export is ${String(status)}:\n${ledger.log.join("\n")}`);
      await sleep(20);
    }
  } finally {
    await ledger.stop();
    storage.closeAllConnections();
    storage.close();
  }
}

function order(): Record<string, unknown> {
  return {
    InclusiveStartTime: 0,
    ExclusiveEndTime: Date.now() / 1000,
    RoleArn: "arn:aws:iam::000000000000:role/bench",
    S3ExportConfiguration: { Bucket: "bench", Prefix: "", EncryptionConfiguration: { ObjectEncryptionType: "NO_ENCRYPTION" } },
  };
}
