import { type EngineOptions, openEngine } from "./engine/open-engine.ts";
import { lockFolder } from "./folder-lock.ts";
import { limitGarbage } from "./garbage.ts";
import { defaultLimits } from "./http/load.ts";
import { ledgerServer } from "./http/server.ts";
import type { TlsOptions } from "./http/tls-door.ts";
import { makeFolder } from "./make-folder.ts";

/** How long requests that are being answered may take once the server is to end. */
const graceMs = 400;

export interface ServeOptions extends EngineOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Further names with a dot that requests may be addressed to. */
  readonly hosts: readonly string[];
  /** With it https is spoken. */
  readonly tls?: TlsOptions | undefined;
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
  const { folder, hosts, log, memory, tls } = options;
  makeFolder(folder);
  const unlock = lockFolder(folder);
  const endGarbage = limitGarbage(memory);
  try {
    const engine = await openEngine(options);
    const limits = { ...defaultLimits, bytes: Math.min(defaultLimits.bytes, memory / 4) };
    const server = ledgerServer({ engine, log, hosts, limits, tls });
    const port = await server.listen(options.port, options.host).catch(async (error: unknown) => {
      await engine.stop();
      throw error;
    });
    const stop = async (): Promise<void> => {
      await server.stop(graceMs);
      await engine.stop();
      endGarbage();
      unlock();
    };
    return { port, ledgers: engine.ledgers, stop };
  } catch (error) {
    endGarbage();
    unlock();
    throw error;
  }
}
