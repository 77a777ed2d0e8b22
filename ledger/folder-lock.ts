import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Another process uses the data folder. */
export class FolderLockError extends Error {
  override readonly name = "FolderLockError";
  /** Process id of the holder. */
  readonly holder: number;

  constructor(folder: string, holder: number) {
    super(`the folder ${folder} is in use by process ${holder}: end it, or use another folder (LEDGER_DIR)`);
    this.holder = holder;
  }
}

/**
 * Takes a data folder for this process. What a dead process left is taken over; process ids are used again, so the time of its start tells
 * a process from its successor.
 * @returns gives the folder back
 * @throws FolderLockError naming the living holder
 */
export function lockFolder(folder: string): () => void {
  const file = join(folder, "lock");
  const own = identity(process.pid);
  for (;;) {
    try {
      writeFileSync(file, JSON.stringify({ pid: process.pid, identity: own }), { flag: "wx", mode: 0o600 });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const holder = readHolder(file);
    if (holder !== undefined && holder.pid !== process.pid && identity(holder.pid) === holder.identity) {
      throw new FolderLockError(folder, holder.pid);
    }
    takeAway(file, holder?.identity);
  }
}

/** Removes a dead holder's file, unless another process has replaced it by its own meanwhile: that one is put back. */
function takeAway(file: string, dead: string | undefined): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    if (readHolder(aside)?.identity !== dead) linkSync(aside, file);
  } catch (error) {
    // Someone else was faster, either way: the next try shows who holds it now.
    if (!(error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "EEXIST"))) throw error;
  }
  rmSync(aside, { force: true });
}

function readHolder(file: string): { pid: number; identity: string } | undefined {
  try {
    const value = JSON.parse(readFileSync(file, "utf8")) as { pid?: unknown; identity?: unknown } | null;
    return typeof value?.pid === "number" && typeof value.identity === "string" ? { pid: value.pid, identity: value.identity } : undefined;
  } catch {
    return undefined;
  }
}

/** A living process's boot and start time where the system tells them; empty for no process. */
function identity(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
  } catch {
    if (process.platform === "linux") return "";
  }
  try {
    process.kill(pid, 0);
    return "alive";
  } catch {
    return "";
  }
}
