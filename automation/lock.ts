import { readFileSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../common/errors.ts";
import { ifPresent } from "../common/files.ts";
import { commandLine, isAlive, killSession, processStat } from "../common/process-tree.ts";

/** The name in Pulumi.yaml. */
export const project = "nitro";

/** Who updates a stack: pulumi's own lock file in a file backend (pkg/backend/diy/lock.go). */
export interface Lock {
  readonly pid: number;
  readonly username: string;
  readonly hostname: string;
  /** ISO 8601. */
  readonly timestamp: string;
}

/** @returns the lock, or undefined where the text is none (a writer killed half-way) */
export function parseLock(text: string): Lock | undefined {
  try {
    const value = JSON.parse(text) as Partial<Lock> | null;
    if (typeof value?.pid !== "number" || typeof value.hostname !== "string") return undefined;
    return { pid: value.pid, username: value.username ?? "?", hostname: value.hostname, timestamp: value.timestamp ?? "?" };
  } catch {
    return undefined;
  }
}

/**
 * A lock is stale when its process ran on this host and has ended, or when it was never written to its end.
 */
export function isStale(lock: Lock | undefined, host: string, lives: (pid: number) => boolean): boolean {
  if (lock === undefined) return true;
  return lock.hostname === host && !lives(lock.pid);
}

/** The locks that pulumi names where it finds them (pkg/backend/diy/lock.go): all that a backend which is no folder tells. Pure. */
export function locksNamed(errors: string): Lock[] {
  if (!/currently locked by/.test(errors)) return [];
  return [...errors.matchAll(/created by (.+)@(.+) \(pid (\d+)\) at (\S+)/g)].map(
    ([, username = "?", host = "?", pid = "0", timestamp = "?"]) => ({ username, hostname: host, pid: Number(pid), timestamp }),
  );
}

/** True where every lock is one of a process of this host that has ended. */
export function allStale(locks: readonly Lock[]): boolean {
  return locks.length > 0 && locks.every((lock) => isStale(lock, hostname(), isLivingPulumi));
}

/** For people. */
export function clearedLine({ pid }: Lock): string {
  return `cleared the lock of process ${pid}, which has ended`;
}

/** Kills what the process of a stale lock left running. */
export function killLeftovers(stack: string, { pid }: Lock): void {
  killSession(pid, leftoverMark(stack));
}

/** The folder behind a `file://` backend, or undefined for any other. Forms: file:///abs, file://~ and file://./relative. */
export function backendFolder(url: string | undefined, cwd: string, home: string): string | undefined {
  if (url === undefined || !url.startsWith("file://")) return undefined;
  const bare = url.split("?")[0] ?? url;
  const path = bare.slice("file://".length);
  if (path === "~" || path.startsWith("~/")) return join(home, path.slice(1));
  return path.startsWith("/") ? fileURLToPath(bare) : join(cwd, path);
}

/** Where a file backend keeps the locks of a stack. */
export function stackLockFolder(folder: string, stack: string): string {
  return join(folder, ".pulumi", "locks", "organization", project, stack);
}

/**
 * Removes locks of dead processes of this host, and what those processes left running: nothing else, whatever their ids are by now.
 * @param folder of the file backend
 * @returns what was removed
 * @throws UserError naming the holder of a living lock
 */
export async function clearStaleLocks(folder: string, stack: string): Promise<Lock[]> {
  const locks = stackLockFolder(folder, stack);
  const names = (await ifPresent(readdir(locks))) ?? [];
  const cleared: Lock[] = [];
  for (const name of names.filter((file) => file.endsWith(".json"))) {
    const file = join(locks, name);
    const lock = parseLock(await readFile(file, "utf8").catch(() => ""));
    if (!isStale(lock, hostname(), isLivingPulumi)) throw heldBy(stack, lock);
    await rm(file, { force: true });
    await rm(`${file}.attrs`, { force: true });
    if (lock === undefined) continue;
    killLeftovers(stack, lock);
    cleared.push(lock);
  }
  return cleared;
}

/**
 * Who changes a stack. Nothing is removed; an update that is armed has no lock here before it begins (armed-backend.ts).
 * @param folder of the file backend
 * @returns undefined where nobody living does
 */
export async function livingLock(folder: string, stack: string): Promise<Lock | undefined> {
  const locks = stackLockFolder(folder, stack);
  const names = (await ifPresent(readdir(locks))) ?? [];
  for (const name of names.filter((file) => file.endsWith(".json"))) {
    const lock = parseLock(await readFile(join(locks, name), "utf8").catch(() => ""));
    if (!isStale(lock, hostname(), isLivingPulumi)) return lock;
  }
  return undefined;
}

/** In the environment of every pulumi that nitro starts, and so of its plugins: tells what a killed one left behind. */
export const updateVariable = "NITRO_UPDATE_OF";

function leftoverMark(stack: string): string {
  return `${updateVariable}=${stack}`;
}

/** Linux names its processes, and shows which only wait to be reaped; elsewhere a living process of that id has to do. */
function isLivingPulumi(pid: number): boolean {
  if (process.platform !== "linux") return isAlive(pid);
  try {
    return /^\d+ \(pulumi[^)]*\) [^ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** Somebody else is changing the stack. */
export class HeldError extends UserError {}

/** @param now milliseconds since 1970, for the lock's age */
export function heldBy(stack: string, lock: Lock | undefined, now = Date.now()): HeldError {
  if (lock === undefined) return new HeldError(`stack "${stack}" is being changed by another command`, "wait for it");
  const { username, hostname: host, timestamp } = lock;
  const here = host === hostname();
  const { name, pid } = (here ? commandAbove(lock.pid) : undefined) ?? { name: "", pid: lock.pid };
  const holder = `${username} on ${host} (${name}process ${pid}, since ${timestamp}${age(timestamp, now)})`;
  // A number means nothing on another machine; whether that one, or this one under a former name, is still at work is for people to judge.
  const end = here
    ? `wait for it, or end it: kill -INT ${pid}`
    : `wait for it; where nothing of it runs any more: eval "$(./nitro env)" && pulumi cancel --yes --stack ${stack}`;
  return new HeldError(`stack "${stack}" is being changed by ${holder}`, end);
}

/** The command of ours that has started a pulumi: people know that one, and it ends cleanly. @returns undefined for plain pulumi */
function commandAbove(pulumi: number): { readonly name: string; readonly pid: number } | undefined {
  const pid = Number(processStat(pulumi)?.[1]);
  const words = commandLine(pid);
  const script = words.findIndex((word) => /\/cli\/(core\/start|keeper\/main)\.ts$/.test(word));
  if (script === -1) return undefined;
  const name = words[script]?.endsWith("/keeper/main.ts") === true ? "a swap that was kept ready" : `nitro ${words[script + 1] ?? ""}`;
  return { name: `${name}, `, pid };
}

/** ", 2 h ago", or nothing for what is no time. */
function age(timestamp: string, now: number): string {
  const minutes = Math.floor((now - Date.parse(timestamp)) / 60_000);
  if (!(minutes >= 1)) return "";
  if (minutes < 120) return `, ${minutes} min ago`;
  return minutes < 48 * 60 ? `, ${Math.floor(minutes / 60)} h ago` : `, ${Math.floor(minutes / 60 / 24)} days ago`;
}
