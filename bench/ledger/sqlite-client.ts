import { once } from "node:events";
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { payment } from "./payment.ts";

/** What sqlite.ts gives each of its threads. */
export interface SqliteTask {
  readonly path: string;
  readonly client: number;
}

// One client of SQLite in a thread of its own. It says "ready", is told when to stop (ms since 1970), inserts a document a transaction
// until then, and sends the durations.
const { path, client } = workerData as SqliteTask;
if (parentPort === null) throw new Error("this runs in a thread of sqlite.ts");
const database = new DatabaseSync(path, { timeout: 60_000 });
database.exec("PRAGMA synchronous = FULL");
const insert = database.prepare("INSERT INTO payments (id, document) VALUES (?, ?)");
const told = once(parentPort, "message") as Promise<[number]>;
parentPort.postMessage("ready");
const [end] = await told;
const durations: number[] = [];
while (Date.now() < end) {
  const id = `payment-${client}-${end}-${durations.length}`;
  const start = performance.now();
  insert.run(id, JSON.stringify(payment(id)));
  durations.push(performance.now() - start);
}
database.close();
parentPort.postMessage(durations);
