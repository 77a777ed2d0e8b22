import { mkdtemp, rm } from "node:fs/promises";
import { Agent } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type QldbDriver as Driver, QldbDriver, RetryConfig } from "amazon-qldb-driver-nodejs";
import { Registry } from "../../ledger/control/registry.ts";
import { LedgerEngine } from "../../ledger/engine/engine.ts";
import type { LoadLimits } from "../../ledger/http/load.ts";
import { ledgerServer } from "../../ledger/http/server.ts";
import { Memory } from "../../ledger/memory.ts";
import { Sessions } from "../../ledger/session/session.ts";

export const place = { region: "us-east-1", account: "000000000000" };
export const credentials = { accessKeyId: "test", secretAccessKey: "test" };

/** A ledger server in this process, on a free port, in a folder of its own, with a clock that tests can move. */
export interface TestServer {
  readonly url: string;
  /** Keeps its ledgers. */
  readonly folder: string;
  readonly registry: Registry;
  readonly sessions: Sessions;
  /** What was logged: nothing, unless something was unexpected. */
  readonly logged: string[];
  /** Moves the clock forward; in milliseconds. */
  advance(ms: number): void;
  close(): Promise<void>;
}

/** Starts a server with the ledger `demo`. @param memory bytes for what open transactions are sent */
export async function startServer(limits?: LoadLimits, memory = Number.POSITIVE_INFINITY): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), "ledger-"));
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const logged: string[] = [];
  const log = (message: string) => {
    logged.push(message);
  };
  const registry = await Registry.open(folder, place, { now, log, onFailure: (error) => log(`failure: ${error.message}`) });
  await registry.create({ name: "demo", permissionsMode: "STANDARD", deletionProtection: false, tags: {} });
  const sessions = new Sessions(now, new Memory(memory));
  const server = ledgerServer({
    engine: new LedgerEngine({ registry, sessions, now, log }),
    log,
    hosts: ["ledger.example"],
    ...(limits && { limits }),
  });
  const port = await server.listen(0, "127.0.0.1");
  return {
    url: `http://127.0.0.1:${port}`,
    folder,
    registry,
    sessions,
    logged,
    advance: (ms) => {
      ahead += ms;
    },
    close: async () => {
      await server.stop(0);
      await registry.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Amazon's driver, connected to a server. @param retries of a transaction that conflicts @param ca an authority that it trusts for https */
export function connect(url: string, options: { ledger?: string; concurrent?: number; retries?: number; ca?: string } = {}): Driver {
  const { ledger = "demo", concurrent = 10, retries = 4, ca } = options;
  const client = { endpoint: url, region: place.region, credentials };
  return new QldbDriver(
    ledger,
    client,
    { requestTimeout: 20_000, ...(ca && { httpsAgent: new Agent({ ca }) }) },
    concurrent,
    new RetryConfig(retries, () => 5),
  );
}
