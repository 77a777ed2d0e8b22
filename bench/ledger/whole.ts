import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { table } from "../../common/table.ts";
import { LedgerHttp } from "../../ledger/client/http.ts";
import { root } from "../run.ts";
import { judgedFigure } from "./measured.ts";
import { benchLedgerName, type LedgerServer, residentBytes, startLedger } from "./server.ts";

const mostSeconds = 60;

/**
 * What looks at the whole journal: `nitro ledger verify`, of the files and of a ledger that is served, and an export in Ion text.
 * @param folder the data folder of a ledger that is not running
 */
export async function wholeJournal(folder: string, revisions: number): Promise<string> {
  const files = await verify(["--dir", folder]);
  const { served, grown, exported } = await ofServer(folder);
  const judged = (ms: number) => judgedFigure(ms / 1000, { most: mostSeconds }, " s", 1);
  return table(
    [`${revisions} revisions`, ""],
    [
      ["verify of the files", judged(files.ms)],
      ["verify of a ledger that is served", judged(served.ms)],
      ["export", judged(exported.ms)],
      ["exported", mebibytes(exported.bytes)],
      ["memory of verify, most: of the files, of a ledger that is served", `${mebibytes(files.memory)}, ${mebibytes(served.memory)}`],
      ["memory that the server grows by meanwhile", mebibytes(grown)],
    ],
  );
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}

interface Verification {
  readonly ms: number;
  /** The most resident memory of its process, in bytes. */
  readonly memory: number;
}

/** `nitro ledger verify`, a process of its own. @throws Error where it finds the ledger damaged */
async function verify(args: readonly string[]): Promise<Verification> {
  const began = performance.now();
  const child = spawn(join(root, "nitro"), ["ledger", "verify", ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let memory = 0;
  const watching = setInterval(async () => {
    memory = Math.max(memory, await residentBytes(child).catch(() => 0));
  }, 50);
  try {
    const [errors, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
    if (code !== 0) throw new Error(`nitro ledger verify ended with ${String(code)}: ${errors}`);
    return { ms: performance.now() - began, memory };
  } finally {
    clearInterval(watching);
  }
}

interface OfServer {
  readonly served: Verification;
  /** Resident memory of the server, in bytes: by how much it is more after the verification than before. */
  readonly grown: number;
  readonly exported: Exported;
}

interface Exported {
  readonly ms: number;
  readonly bytes: number;
}

/** With a server, and an S3 that takes everything at once and keeps nothing: what is measured is the ledger. */
async function ofServer(folder: string): Promise<OfServer> {
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
    const before = await ledger.memory();
    const served = await verify(["--endpoint", ledger.url]);
    const grown = (await ledger.memory()) - before;
    const ms = await exportAll(ledger);
    return { served, grown, exported: { ms, bytes } };
  } finally {
    await ledger.stop();
    storage.closeAllConnections();
    storage.close();
  }
}

/** @returns how long it took, in ms */
async function exportAll(ledger: LedgerServer): Promise<number> {
  const http = new LedgerHttp(ledger.url, "");
  const path = `/ledgers/${benchLedgerName}/journal-s3-exports`;
  const began = performance.now();
  const { ExportId: id } = await http.control("POST", path, order());
  for (;;) {
    const { ExportDescription: description } = await http.control("GET", `${path}/${String(id)}`);
    const status = (description as { readonly Status?: string } | undefined)?.Status;
    if (status === "COMPLETED") return performance.now() - began;
    if (status !== "IN_PROGRESS") throw new Error(`the export is ${String(status)}:\n${ledger.log.join("\n")}`);
    await sleep(20);
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
