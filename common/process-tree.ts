import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { errorCode } from "./errors.ts";

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
}

/**
 * Kills a process and everything below it, at once and synchronously. Pulumi gives each of its plugins a process group of its own:
 * killing a group would leave them behind.
 */
export function killTree(pid: number): void {
  for (const each of [pid, ...descendants(pid, listProcesses())]) killOne(each);
}

function killOne(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** Sends a signal to all of a process group. @param leader its process id; nothing happens where the group has ended */
export function killGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if (errorCode(error) !== "ESRCH") throw error;
  }
}

/**
 * Kills what a dead leader of a session has left behind: a pulumi that was killed leaves its plugins running, at full speed. The number of
 * the session alone proves nothing, since after a reboot, or later, it is somebody else's: only processes that carry the mark are killed, and
 * none while a leader of that number lives. Linux alone tells sessions and environments.
 * @param mark the variable of the environment that the leader was started with, as in "NAME=value"
 * @returns how many processes
 */
export function killSession(session: number, mark: string): number {
  if (process.platform !== "linux") return 0;
  const members = fromProc().filter((entry) => entry.session === session);
  if (members.some(({ pid }) => pid === session)) return 0;
  const ours = members.filter(({ pid }) => environmentOf(pid).includes(mark));
  for (const { pid } of ours) killOne(pid);
  return ours.length;
}

/** @returns the words that a process was started with; none where it has ended, or the system does not tell */
export function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
  } catch {
    return [];
  }
}

/** @returns "NAME=value" for each variable that a process was started with; none where it has ended or is another user's */
function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return [];
  }
}

/** True where a process of this id lives, whoever owns it. A zombie has ended: where no init is, nobody may ever ask for its end. */
export function isAlive(pid: number): boolean {
  if (processStat(pid)?.[0] === "Z") return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

/** All processes below one, children before grandchildren. */
export function descendants(pid: number, all: readonly ProcessEntry[]): number[] {
  const found: number[] = [];
  const open = [pid];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const children = all.filter((entry) => entry.parent === next && !found.includes(entry.pid)).map((entry) => entry.pid);
    found.push(...children);
    open.push(...children);
  }
  return found;
}

/** All processes of this machine that have not ended. */
export function listProcesses(): ProcessEntry[] {
  return process.platform === "linux" ? fromProc() : fromPs();
}

/** /proc rather than ps: minimal Debian has no ps. */
function fromProc(): (ProcessEntry & { readonly session: number })[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const [state, parent, , session] = processStat(Number(name)) ?? [];
      // A zombie has ended: it only waits for its parent to notice.
      return state === undefined || state === "Z" ? [] : [{ pid: Number(name), parent: Number(parent), session: Number(session) }];
    });
}

/**
 * What Linux tells of a process in one line, /proc/<pid>/stat: proc(5). The name in parentheses may hold anything.
 * @returns its fields from the third on, the state; undefined where there is no such process, or no /proc
 */
export function processStat(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

function fromPs(): ProcessEntry[] {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  return stdout
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid, parent]) => (pid === undefined || parent === undefined ? [] : [{ pid, parent }]));
}
