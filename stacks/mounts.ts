import { createHash } from "node:crypto";
import { readFileSync, type Stats, statSync } from "node:fs";
import { resolve } from "node:path";
import { UserError } from "../common/errors.ts";
import { ifPresentSync } from "../common/files.ts";
import type { MountedFile } from "../components/executable.ts";
import { parseFileMount } from "../model/program-settings.ts";

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
  if (process.platform === "linux" && !isReadable(stats))
    return fail(
      `user ${reader}, whom the containers run as, may not read it (mode 0${(stats.mode & 0o777).toString(8)}, owner ${stats.uid})`,
      `chmod ${stats.isDirectory() ? "o+rx" : "o+r"} ${host}`,
    );
  return { host, path: target, content: stats.isFile() ? fileHash(host) : undefined };
}

/** The same for a blueprint, which is the same on every machine: what is not there counts by its name. */
export function plannedMount(root: string, anyRoot: string, entry: string): MountedFile {
  const { source, target } = parseFileMount(entry);
  const isFolder = statSync(resolve(root, source), { throwIfNoEntry: false })?.isDirectory() === true;
  const content = isFolder ? undefined : (ifPresentSync(() => fileHash(resolve(root, source))) ?? `file-${source}`);
  return { host: resolve(anyRoot, source), path: target, content };
}

function isReadable({ uid, gid, mode }: Stats): boolean {
  if (uid === reader) return (mode & 0o400) !== 0;
  return gid === reader ? (mode & 0o040) !== 0 : (mode & 0o004) !== 0;
}

function fileHash(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
