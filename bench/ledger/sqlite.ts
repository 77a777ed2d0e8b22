import { once } from "node:events";
import { DatabaseSync } from "node:sqlite";
import { Worker } from "node:worker_threads";
import { type Measured, measured } from "./measured.ts";
import type { SqliteTask } from "./sqlite-client.ts";

/** Clients that insert a document a transaction into one SQLite file, each in a thread of its own; every commit is synced. */
export async function sqliteInserts(path: string, clients: number, seconds: number): Promise<Measured> {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("CREATE TABLE IF NOT EXISTS payments (id TEXT PRIMARY KEY, document TEXT NOT NULL)");
  database.close();
  const workers = Array.from({ length: clients }, (_, client) => {
    const workerData: SqliteTask = { path, client };
    return new Worker(new URL("sqlite-client.ts", import.meta.url), { workerData });
  });
  await Promise.all(workers.map((worker) => once(worker, "message")));
  const began = Date.now();
  const durations = await Promise.all(
    workers.map(async (worker) => {
      worker.postMessage(began + seconds * 1000);
      const [own] = (await once(worker, "message")) as [number[]];
      return own;
    }),
  );
  return measured(durations.flat(), (Date.now() - began) / 1000);
}
