import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../../ledger/main.ts", import.meta.url));

/** The real server, in a process of its own. */
export interface LedgerProcess {
  readonly url: string;
  readonly child: ChildProcess;
  readonly log: readonly string[];
  /** Its exit code once it has ended by itself. */
  readonly ended: Promise<number | null>;
  /** Ends it. @returns its exit code, null after SIGKILL */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null>;
}

/**
 * Starts the server on a free port.
 * @param before a command that starts it in its place
 * @throws Error with its log where it ends instead
 */
export async function startProcess(
  folder: string,
  env: Record<string, string> = {},
  before: readonly string[] = [],
): Promise<LedgerProcess> {
  const [program = process.execPath, ...args] = [...before, process.execPath, main];
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, LEDGER_NAME: "demo", LEDGER_DIR: folder, LEDGER_PORT: "0", ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = once(child, "exit") as Promise<[number | null]>;
  const log: string[] = [];
  const url = new Promise<string>((resolve) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      log.push(line);
      const found = /listening on (http:\S+),/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  const ended = exited.then(([code]) => {
    throw new Error(`the ledger ended with ${code}: ${log.join("\n")}`);
  });
  return {
    url: await Promise.race([url, ended]),
    child,
    log,
    ended: exited.then(([code]) => code),
    end: async (signal) => {
      child.kill(signal);
      const [code] = await exited;
      await ended.catch(() => undefined);
      return code;
    },
  };
}
