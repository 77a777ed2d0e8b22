import { rm } from "node:fs/promises";
import { DescribeJournalS3ExportCommand, type JournalS3ExportDescription, QLDBClient } from "@aws-sdk/client-qldb";
import { storageFromEnvironment } from "../../../ledger/control/export-storage.ts";
import { Registry } from "../../../ledger/control/registry.ts";
import { LedgerEngine } from "../../../ledger/engine/engine.ts";
import { ledgerServer } from "../../../ledger/http/server.ts";
import { Memory } from "../../../ledger/memory.ts";
import { Sessions } from "../../../ledger/session/session.ts";
import { credentials, place } from "../server.ts";

/** A ledger server with the ledger `demo`, whose environment and clock tests choose, in a folder that can be opened again. */
export interface ExportServer {
  readonly url: string;
  readonly client: QLDBClient;
  readonly registry: Registry;
  readonly logged: readonly string[];
  /** Moves the clock, in ms. */
  advance(ms: number): void;
  close(): Promise<void>;
}

export async function startExportServer(folder: string, env: NodeJS.ProcessEnv): Promise<ExportServer> {
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const logged: string[] = [];
  const log = (message: string) => {
    logged.push(message);
  };
  const surroundings = { now, log, onFailure: (error: Error) => log(`failure: ${error.message}`) };
  const registry = await Registry.open(folder, place, surroundings, storageFromEnvironment(env));
  if (registry.describe("demo") === undefined)
    await registry.create({ name: "demo", permissionsMode: "STANDARD", deletionProtection: false, tags: {} });
  const sessions = new Sessions(now, new Memory(Number.POSITIVE_INFINITY));
  const server = ledgerServer({ engine: new LedgerEngine({ registry, sessions, now, log }), log, hosts: [] });
  const url = `http://127.0.0.1:${await server.listen(0, "127.0.0.1")}`;
  const client = new QLDBClient({ endpoint: url, region: place.region, credentials, maxAttempts: 1 });
  return {
    url,
    client,
    registry,
    logged,
    advance: (ms) => {
      ahead += ms;
    },
    close: async () => {
      client.destroy();
      await server.stop(0);
      await registry.close();
    },
  };
}

/** The environment that names a stand-in of S3. */
export function environment(s3: string): NodeJS.ProcessEnv {
  return { AWS_ENDPOINT_URL_S3: s3, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: "us-east-1" };
}

/** Asks until the export is over. */
export async function ended(client: QLDBClient, id: string | undefined, ledger = "demo"): Promise<JournalS3ExportDescription> {
  for (;;) {
    const { ExportDescription } = await client.send(new DescribeJournalS3ExportCommand({ Name: ledger, ExportId: id }));
    if (ExportDescription === undefined) throw new Error("there is no description");
    if (ExportDescription.Status !== "IN_PROGRESS") return ExportDescription;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Removes a folder and all in it. */
export function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true });
}
