import { setPriority } from "node:os";
import { parentPort, Worker, workerData } from "node:worker_threads";
import type { Registry } from "../control/registry.ts";
import { RecordLock } from "../journal/record-lock.ts";
import { verifyJournal } from "./verify-journal.ts";

/** A journal to verify, up to an offset. */
interface Job {
  readonly path: string;
  readonly end: number;
  readonly lock: RecordLock;
}

/** What a verifying thread is told of it. */
interface ThreadJob extends Omit<Job, "lock"> {
  readonly lock: SharedArrayBuffer;
}

/** How it ended. */
type Report = { readonly sound: true; readonly blocks: number } | { readonly sound: false; readonly problem: string };

const lowestPriority = 19;

/**
 * Verifies a journal in a thread of its own, which gives way to everything else.
 * @param program the file that runs `verifyAsThread` when it is started as a thread
 * @returns how many blocks are sound; undefined where it was stopped. @throws Error with the exact place of a damage
 */
export function verifyInBackground(program: URL, { path, end, lock }: Job, signal: AbortSignal): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const job: ThreadJob = { path, end, lock: lock.shared };
    const worker = new Worker(program, { workerData: job });
    const stop = () => void worker.terminate();
    signal.addEventListener("abort", stop, { once: true });
    worker.once("message", (report: Report) => {
      if (report.sound) resolve(report.blocks);
      else reject(new Error(report.problem));
    });
    worker.once("error", reject);
    worker.once("exit", () => {
      signal.removeEventListener("abort", stop);
      lock.giveUp("verifier");
      resolve(undefined);
    });
    if (signal.aborted) stop();
  });
}

/** The other side, in the thread. */
export async function verifyAsThread(): Promise<void> {
  // Linux gives each thread a priority of its own; elsewhere this would slow the whole process down.
  if (process.platform === "linux") setPriority(lowestPriority);
  const { path, end, lock } = workerData as ThreadJob;
  // Waiting for the lock does not keep the thread alive.
  const alive = setInterval(() => undefined, 60_000);
  const report: Report = await verifyJournal(path, { end, lock: new RecordLock("verifier", lock) }).then(
    ({ blocks }) => ({ sound: true, blocks }),
    (error: unknown) => ({ sound: false, problem: error instanceof Error ? error.message : String(error) }),
  );
  clearInterval(alive);
  parentPort?.postMessage(report);
}

/** All that was committed before this start, whatever of it the start itself has read. */
export function verifyAll(
  registry: Registry,
  { program, log, onFailure }: { program: URL; log: (message: string) => void; onFailure: (error: Error) => void },
  signal: AbortSignal,
): void {
  for (const { name } of registry.list()) {
    const ledger = registry.ledger(name);
    if (ledger === undefined || ledger.store.sequenceNo < 0) continue;
    verifyInBackground(program, ledger.journalFile, signal).then(
      (blocks) => {
        if (blocks !== undefined) log(`ledger ${name}: verified ${blocks} blocks`);
      },
      (error: unknown) => {
        // A ledger that was deleted meanwhile has no journal any more.
        if (!ledger.closed) onFailure(new Error(`ledger ${name} is damaged: ${error instanceof Error ? error.message : String(error)}`));
      },
    );
  }
}
