import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { errorCode } from "./errors.ts";
import { ifPresent, isAbsent } from "./files.ts";
import { run } from "./process.ts";
import { isAlive, processStat } from "./process-tree.ts";
import { type Clock, type Look, type Moment, wait } from "./waiting.ts";

/** Who holds a lock. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** When the process started, in the system's own words: tells it from a later one of the same number. Empty where it cannot be told. */
  readonly started: string;
  /** The file that the lock was made from; goes with it. */
  readonly draft: string;
}

export interface LockOptions {
  /** Called when the lock is another's, and every ten seconds from then on, with how long that has lasted in ms. */
  readonly onWait?: (holder: LockHolder, waited: number) => void;
  /** Between two tries, in ms. */
  readonly intervalMs?: number;
  readonly clock?: Clock;
}

/** Between two calls of onWait. */
const tellMs = 10_000;

/**
 * Runs something while no other process of this host does the same. The lock of a process that is gone is nobody's.
 * @param path the lock's file; its folder is made
 */
export async function withLock<T>(path: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const own = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  const holder: LockHolder = { pid: process.pid, host: hostname(), started: await startOf(process.pid), draft: own };
  await writeFile(own, JSON.stringify(holder));
  try {
    await acquire(path, own, options);
    try {
      return await work();
    } finally {
      await rm(path, { force: true });
    }
  } finally {
    await rm(own, { force: true });
  }
}

/** Ends the process of this host that holds a lock, at once. The lock is nobody's then. */
export async function killHolder(path: string): Promise<void> {
  const holder = parse((await ifPresent(readFile(path, "utf8"))) ?? "");
  if (holder?.host === hostname() && (await lives(holder))) process.kill(holder.pid, "SIGKILL");
}

/** The lock's file, made from a process's own. */
async function acquire(path: string, own: string, { onWait, intervalMs = 200, clock }: LockOptions): Promise<void> {
  let tellAt = 0;
  const look = async ({ waited }: Moment): Promise<Look<true>> => {
    const holder = await linked(path, own);
    if (holder === undefined) return { found: true };
    if (waited >= tellAt) {
      onWait?.(holder, waited);
      tellAt += tellMs;
    }
    return { seen: `process ${holder.pid} on ${holder.host} holds it` };
  };
  await wait({ what: path, look }, { intervalMs, clock });
}

/**
 * Makes the lock. A hard link appears whole or not at all, and never over an existing file.
 * @returns undefined where it was made, else who lives and holds it
 */
async function linked(path: string, own: string): Promise<LockHolder | undefined> {
  for (;;) {
    try {
      await link(own, path);
      return undefined;
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
    }
    const text = await ifPresent(readFile(path, "utf8"));
    if (text === undefined) continue;
    const holder = parse(text);
    if (holder !== undefined && (await lives(holder))) return holder;
    await clear(path, text, own);
    if (holder !== undefined) await rm(holder.draft, { force: true });
  }
}

/** Takes a dead process's lock away. Where another was faster and holds it by now, it gets it back. */
async function clear(path: string, dead: string, own: string): Promise<void> {
  const aside = `${own}.dead`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isAbsent(error)) return;
    throw error;
  }
  if ((await ifPresent(readFile(aside, "utf8"))) !== dead) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

/** @returns undefined for a file that is no lock of this kind: it holds nothing */
function parse(text: string): LockHolder | undefined {
  try {
    const { pid, host, started, draft } = JSON.parse(text) as Partial<LockHolder>;
    if (pid === undefined || host === undefined || started === undefined || draft === undefined) return undefined;
    return { pid, host, started, draft };
  } catch {
    return undefined;
  }
}

/** A process of another host (a shared home folder) cannot be looked at: it is taken to live. */
async function lives(holder: LockHolder): Promise<boolean> {
  if (holder.host !== hostname()) return true;
  if (!isAlive(holder.pid)) return false;
  const started = await startOf(holder.pid);
  return started === "" || holder.started === "" || started === holder.started;
}

/**
 * On Linux field 22 of /proc/<pid>/stat, counted after the name in parentheses, which counts from the start of the system: so the id of that
 * start goes with it (random(4)). Elsewhere what ps says.
 */
async function startOf(pid: number): Promise<string> {
  const started = processStat(pid)?.[19];
  const boot = await ifPresent(readFile("/proc/sys/kernel/random/boot_id", "utf8"));
  if (started !== undefined) return `${boot?.trim() ?? ""} ${started}`;
  return (await run("ps", ["-o", "lstart=", "-p", String(pid)], { env: process.env })).stdout.trim();
}
