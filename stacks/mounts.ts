import { createHash } from "node:crypto";
import { readFileSync, type Stats, statSync } from "node:fs";
import { resolve } from "node:path";
import { UserError } from "../common/errors.ts";
import { ifPresentSync } from "../common/files.ts";
import type { MountedFile } from "../components/executable.ts";
import { parseFileMount } from "../model/file-mounts.ts";

/** User and group that every container of a stack runs as. */
const reader = 1000;

/**
 * Looks at a file or folder that a setting mounts.
 * @param root the project's folder
 * @param setting such as "service.files"
 * @param entry SOURCE:TARGET
 * @throws UserError where it is not there, or the containers' user could not read it
 */
export function readMount(root: string, setting: string, entry: string): MountedFile {
  const { source, target } = parseFileMount(entry);
  const host = resolve(root, source);
  const fail = (what: string, mend: string): never => {
    throw new UserError(`setting nitro:${setting} names ${source}: ${what}; ${mend}`);
  };
  const stats = statSync(host, { throwIfNoEntry: false });
  if (stats === undefined) return fail("there is no such file or folder", "needed is one that is there");
  if (!stats.isFile() && !stats.isDirectory()) return fail("it is neither a file nor a folder", "only these can be mounted");
  // Elsewhere engines run in a machine of their own, which gives everything to everybody.
  if (process.platform === "linux" && !allows(stats, 0o4))
    return fail(
      `user ${reader}, whom the containers run as, may not read it (${whose(stats)})`,
      `chmod ${stats.isDirectory() ? "o+rx" : "o+r"} ${host}`,
    );
  return { host, path: target, content: stats.isFile() ? fileHash(host) : undefined };
}

/** The entries of a setting of writable folders that are folders of this machine. */
export function ofHost(entries: readonly string[]): string[] {
  return entries.filter((entry) => parseFileMount(entry).source !== "");
}

/**
 * Looks at a folder that a setting mounts for writing.
 * @param setting such as "service.writable"
 * @throws UserError where it is not there, or the containers' user could not write to it
 */
export function readWritable(root: string, setting: string, entry: string): MountedFile {
  const { source, target } = parseFileMount(entry);
  const host = resolve(root, source);
  const stats = statSync(host, { throwIfNoEntry: false });
  const mend = (why: string, command: string) => new UserError(`setting nitro:${setting} names ${source}: ${why}; ${command}`);
  if (stats === undefined) throw mend("there is no such folder", `mkdir -p -m 777 ${host}`);
  if (!stats.isDirectory()) throw mend("it is no folder", "needed is one");
  if (process.platform === "linux" && !allows(stats, 0o3))
    throw mend(`user ${reader}, whom the containers run as, may not write to it (${whose(stats)})`, `chmod o+rwx ${host}`);
  return { host, path: target, writable: true };
}

/** The same for a blueprint, which is the same on every machine. */
export function plannedWritable(anyRoot: string, entry: string): MountedFile {
  const { source, target } = parseFileMount(entry);
  return { host: resolve(anyRoot, source), path: target, writable: true };
}

/** The same for a blueprint, which is the same on every machine: what is not there counts by its name. */
export function plannedMount(root: string, anyRoot: string, entry: string): MountedFile {
  const { source, target } = parseFileMount(entry);
  const isFolder = statSync(resolve(root, source), { throwIfNoEntry: false })?.isDirectory() === true;
  const content = isFolder ? undefined : (ifPresentSync(() => fileHash(resolve(root, source))) ?? `file-${source}`);
  return { host: resolve(anyRoot, source), path: target, content };
}

/** @param wanted bits of a mode's last digit, all of which the containers' user needs */
function allows({ uid, gid, mode }: Stats, wanted: number): boolean {
  const digit = uid === reader ? mode >> 6 : gid === reader ? mode >> 3 : mode;
  return (digit & wanted) === wanted;
}

function whose({ uid, mode }: Stats): string {
  return `mode 0${(mode & 0o777).toString(8)}, owner ${uid}`;
}

function fileHash(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
