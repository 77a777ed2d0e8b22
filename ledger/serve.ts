import { Registry } from "./control/registry.ts";
import { lockFolder } from "./folder-lock.ts";
import { defaultLimits } from "./http/load.ts";
import { ledgerServer } from "./http/server.ts";
import { makeFolder } from "./make-folder.ts";
import { Memory, roomWithin } from "./memory.ts";
import { Sessions } from "./session/session.ts";
import { verifyInBackground } from "./verify/background.ts";

/** How long requests that are being answered may take once the server is to end. */
const graceMs = 400;
const sweepMs = 10_000;

export interface ServeOptions {
  /** Keeps all ledgers; made where it is not there. */
  readonly folder: string;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** A ledger that is made where it is not there. */
  readonly name: string | undefined;
  /** What stands in ARNs. */
  readonly place: { readonly region: string; readonly account: string };
  /** Bytes that the process may take: what `memoryLimit` gives. */
  readonly memory: number;
  /** Further names with a dot that requests may be addressed to. */
  readonly hosts: readonly string[];
  /** The file that verifies a journal when it is started as a thread: ledger/main.ts. */
  readonly program: URL;
  readonly log: (message: string) => void;
  /** Told that a journal cannot be written, or is damaged: the process has to end. */
  readonly onFailure: (error: Error) => void;
}

/** A server that answers. */
export interface Serving {
  readonly port: number;
  /** Names of its ledgers. */
  readonly ledgers: readonly string[];
  /** Answers what is being asked, closes the journals and gives the folder back. */
  stop(): Promise<void>;
}

/**
 * Opens a folder of ledgers and answers on a port once every journal is replayed.
 * @throws FolderLockError, JournalError, ControlError for a bad name, and the system's errors for the folder and the port; the folder is free then
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { folder, name, place, hosts, log } = options;
  makeFolder(folder);
  const unlock = lockFolder(folder);
  try {
    const now = Date.now;
    const onFailure = (error: Error) =>
      options.onFailure(new Error(`the journal cannot be written, nothing more is accepted: ${error.message}`, { cause: error }));
    const registry = await Registry.open(folder, place, { now, log, onFailure });
    if (name !== undefined && registry.describe(name) === undefined) {
      await registry.create({ name, permissionsMode: "STANDARD", deletionProtection: false, tags: {} });
    }
    const sessions = new Sessions(now, new Memory(roomWithin(options.memory)));
    const limits = { ...defaultLimits, bytes: Math.min(defaultLimits.bytes, options.memory / 4) };
    const server = ledgerServer({ registry, sessions, now, log, hosts, limits });
    const port = await server.listen(options.port, options.host).catch(async (error: unknown) => {
      await registry.close();
      throw error;
    });
    const sweeping = setInterval(() => sessions.sweep(), sweepMs);
    const verifying = new AbortController();
    verifyAll(registry, options, verifying.signal);
    const stop = async (): Promise<void> => {
      clearInterval(sweeping);
      verifying.abort();
      await server.stop(graceMs);
      await registry.close();
      unlock();
    };
    return { port, ledgers: registry.list().map((each) => each.name), stop };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** All that was committed before this start, whatever of it the start itself has read. */
function verifyAll(registry: Registry, { program, log, onFailure }: ServeOptions, signal: AbortSignal): void {
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
