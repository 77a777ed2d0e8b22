import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

/** Who serves a folder, as it says of itself: for people, the lock is elsewhere. */
export interface FolderHolder {
  readonly pid: number;
  /** Name of the machine, or of the container. */
  readonly host: string;
  /** Id of the container that it runs in, as its engine takes it. */
  readonly container?: string;
  /** In ISO 8601; not known of a server of a former version. */
  readonly since?: string;
}

function holderPath(folder: string): string {
  return join(folder, "server.json");
}

/** This process. */
export function thisHolder(now: Date): FolderHolder {
  const container = containerIn(mounts());
  return { pid: process.pid, host: hostname(), ...(container !== undefined && { container }), since: now.toISOString() };
}

/** Writes down who has the folder. A disk that is full keeps no server from its start: the next one then names nobody. */
export function writeHolder(folder: string, holder: FolderHolder): void {
  const path = holderPath(folder);
  rmSync(path, { force: true });
  try {
    writeFileSync(`${path}.new`, JSON.stringify(holder), { mode: 0o644 });
    renameSync(`${path}.new`, path);
  } catch {
    rmSync(`${path}.new`, { force: true });
  }
}

export function forgetHolder(folder: string): void {
  rmSync(holderPath(folder), { force: true });
}

/** @returns undefined where nobody has told of himself */
export function readHolder(folder: string): FolderHolder | undefined {
  try {
    const { pid, host, container, since } = JSON.parse(readFileSync(holderPath(folder), "utf8")) as Record<string, unknown>;
    if (typeof pid !== "number" || typeof host !== "string") return undefined;
    return { pid, host, ...(typeof container === "string" && { container }), ...(typeof since === "string" && { since }) };
  } catch {
    return undefined;
  }
}

/** @returns such as `process 12 on mymachine since 2026-01-02T03:04:05.000Z` */
export function describeHolder(holder: FolderHolder | undefined): string {
  if (holder === undefined) return "another process";
  const { pid, host, container, since } = holder;
  const where = isElsewhere(holder) ? `container ${container} (process ${pid} in it)` : `process ${pid} on ${host}`;
  return since === undefined ? where : `${where} since ${since}`;
}

/** @returns the command that ends the holder */
export function waysToEnd(holder: FolderHolder | undefined): string {
  if (holder === undefined) return "`docker ps` and `ps` show what runs";
  if (isElsewhere(holder)) return `docker stop ${holder.container}`;
  return holder.host === hostname() ? `kill ${holder.pid}` : `kill ${holder.pid} on ${holder.host}`;
}

/** Whether it runs in a container that is not this one: its process id then means nothing here. */
function isElsewhere({ container }: FolderHolder): boolean {
  return container !== undefined && container !== containerIn(mounts());
}

/** @param mountinfo what `/proc/self/mountinfo` says: engines mount a container's host name from a folder of its id */
export function containerIn(mountinfo: string): string | undefined {
  return /\/(?:overlay-)?containers\/([0-9a-f]{64})\/\S*hostname \/etc\/hostname /.exec(mountinfo)?.[1]?.slice(0, 12);
}

function mounts(): string {
  try {
    return readFileSync("/proc/self/mountinfo", "utf8");
  } catch {
    return "";
  }
}
