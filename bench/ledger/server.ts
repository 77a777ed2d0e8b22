import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "../run.ts";

/** The name of the ledger that benchmarks use. */
export const benchLedgerName = "bench";

/** The real server, in a process of its own. */
export interface LedgerServer {
  readonly url: string;
  /** From the start of the process until it listens, in ms. */
  readonly startMs: number;
  /** What it logged until now. */
  readonly log: readonly string[];
  /** Processor time it used until now, in seconds. */
  cpuSeconds(): Promise<number>;
  /** Resident memory, in bytes. */
  memory(): Promise<number>;
  /** Resolves once no snapshot is being written. */
  settled(): Promise<void>;
  /** Ends it, as an update of the stack does. */
  stop(): Promise<void>;
}

/**
 * Starts the server on a free port.
 * @param nodeOptions for its Node, such as --cpu-prof
 * @param checkout whose ledger it is
 * @param access what it needs to reach an S3
 * @throws Error with its log where it ends instead
 */
export async function startLedger(
  folder: string,
  nodeOptions: readonly string[] = [],
  checkout = root,
  access = {},
): Promise<LedgerServer> {
  const began = performance.now();
  const env = { PATH: process.env.PATH, LEDGER_NAME: benchLedgerName, LEDGER_DIR: folder, LEDGER_PORT: "0", ...access };
  const child = spawn(process.execPath, [...nodeOptions, join(checkout, "ledger/main.ts")], { env, stdio: ["ignore", "ignore", "pipe"] });
  const log: string[] = [];
  const ended = once(child, "exit").then(([code]: unknown[]) => {
    throw new Error(`the ledger ended with ${String(code)}:\n${log.join("\n")}`);
  });
  // Its end is only a failure while somebody waits for it.
  ended.catch(() => undefined);
  const url = new Promise<string>((resolve) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      log.push(line);
      const found = /listening on (http:\S+),/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return {
    url: await Promise.race([url, ended]),
    startMs: performance.now() - began,
    log,
    cpuSeconds: () => cpuSeconds(child),
    memory: () => residentBytes(child),
    settled: async () => {
      while (existsSync(join(folder, benchLedgerName, "snapshot.new"))) await sleep(50);
    },
    stop: async () => {
      child.kill("SIGTERM");
      await ended.catch(() => undefined);
    },
  };
}

/** The files of the ledger in a data folder, with their sizes in MiB: a start reads the snapshot, where there is one, and the journal behind it. */
export async function ledgerFiles(folder: string): Promise<string> {
  const path = join(folder, benchLedgerName);
  const files = (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isFile());
  const shown = files.map(async ({ name }) => `${name} ${((await stat(join(path, name))).size / 2 ** 20).toFixed(1)} MiB`);
  return (await Promise.all(shown)).sort().join(", ");
}

/** Memory that a process takes at present. @throws the system's error where it has ended */
export async function residentBytes({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status has no VmRSS`);
  return Number(kibibytes) * 1024;
}

/** In the kernel's ticks, of which Linux shows 100 a second. */
async function cpuSeconds({ pid }: ChildProcess): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The name in brackets may hold blanks; user and system time are fields 14 and 15 of all.
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13);
  return (Number(user) + Number(system)) / 100;
}
