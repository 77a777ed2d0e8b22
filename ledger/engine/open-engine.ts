import { Registry } from "../control/registry.ts";
import { Memory, roomWithin } from "../memory.ts";
import { Sessions } from "../session/session.ts";
import { verifyAll } from "../verify/background.ts";
import type { Answering } from "./call.ts";
import { LedgerEngine } from "./engine.ts";

/** What an engine needs to know. */
export interface EngineOptions {
  /** Keeps all ledgers. */
  readonly folder: string;
  /** A ledger that is made where it is not there. */
  readonly name: string | undefined;
  /** What stands in ARNs. */
  readonly place: { readonly region: string; readonly account: string };
  /** Bytes that the process may take: what `memoryLimit` gives. */
  readonly memory: number;
  /** The file that verifies a journal when it is started as a thread: ledger/main.ts. */
  readonly program: URL;
  readonly log: (message: string) => void;
  /** Told that a journal cannot be written, or is damaged: the process has to end. */
  readonly onFailure: (error: Error) => void;
}

/** An engine with its ledgers open. */
export interface OpenEngine extends Answering {
  /** Names of its ledgers. */
  readonly ledgers: readonly string[];
  /** Closes the journals. */
  stop(): Promise<void>;
}

const sweepMs = 10_000;

/** Opens all ledgers of a folder. @returns once every journal is replayed. @throws JournalError, ControlError for a bad name, the system's errors */
export async function openEngine({ folder, name, place, memory, program, log, ...options }: EngineOptions): Promise<OpenEngine> {
  const now = Date.now;
  const onFailure = (error: Error) =>
    options.onFailure(new Error(`the journal cannot be written, nothing more is accepted: ${error.message}`, { cause: error }));
  const registry = await Registry.open(folder, place, { now, log, onFailure });
  if (name !== undefined && registry.describe(name) === undefined)
    await registry.create({ name, permissionsMode: "STANDARD", deletionProtection: false, tags: {} });
  const sessions = new Sessions(now, new Memory(roomWithin(memory)));
  const engine = new LedgerEngine({ registry, sessions, now, log });
  const sweeping = setInterval(() => sessions.sweep(), sweepMs);
  const verifying = new AbortController();
  verifyAll(registry, { program, log, onFailure: options.onFailure }, verifying.signal);
  return {
    ledgers: registry.list().map((each) => each.name),
    answer: (call) => engine.answer(call),
    stop: async () => {
      clearInterval(sweeping);
      verifying.abort();
      await registry.close();
    },
  };
}
