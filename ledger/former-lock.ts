import { readFileSync, rmSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { FolderHolder } from "./lock-holder.ts";

/**
 * Removes the lock file of former versions, which held the id and the start time of its process, or was cut off while it was written.
 * @param refused makes the error for a server of a former version that still runs on this folder
 */
export function endFormerLock(folder: string, refused: (holder: FolderHolder) => Error): void {
  const path = join(folder, "lock");
  // A ledger may have this name.
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return;
  const holder = read(path);
  if (holder !== undefined && holder.pid !== process.pid && identity(holder.pid) === holder.identity) {
    throw refused({ pid: holder.pid, host: hostname() });
  }
  rmSync(path, { force: true });
}

function read(file: string): { pid: number; identity: string } | undefined {
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
