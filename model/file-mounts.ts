import { z } from "zod";
import { publicKeysFolder } from "../key-feeder/contract.ts";

/** The working directory of the executable in its containers. */
export const workingDir = "/payments";

/** A file or folder that the executable sees. */
export interface FileMount {
  /** On the host, relative to the project's folder; empty where nothing of the host is mounted. */
  readonly source: string;
  /** In the container, absolute. */
  readonly target: string;
}

/** Where a stack has its own, by the folder: nothing is mounted there, below or above. */
const taken = ["/nitro", "/proc", "/sys", "/dev", "/tmp", `${workingDir}/${publicKeysFolder}`];

/** @param entry as docker has it: `SOURCE:TARGET`, or `TARGET` alone */
export function parseFileMount(entry: string): FileMount {
  const colon = entry.lastIndexOf(":");
  return { source: entry.slice(0, Math.max(colon, 0)), target: entry.slice(colon + 1).replace(/(?<=.)\/+$/, "") };
}

/** Files and folders that a container sees and does not change. */
export const filesSetting = mounts(({ source, target }) =>
  source === "" || !isPath(target)
    ? "allowed is SOURCE:TARGET, a file or folder of this machine and an absolute path in the container, such as ./zebpay.pem:/etc/zebpay.pem"
    : undefined,
).meta({
  description: "further files and folders that it sees, read-only, such as ./zebpay.pem:/etc/zebpay.pem",
  details: "Sources are seen from the project's folder. User 1000 has to be able to read them.",
  takes: "a list of SOURCE:TARGET",
});

/** Folders that a container may write to, on a root that is read-only otherwise. */
export const writableSetting = mounts(({ source, target }, entry) =>
  entry.startsWith(":") || !isPath(target)
    ? "allowed is an absolute path in the container, for a folder in memory, or SOURCE:TARGET with a folder of this machine, such as ./coverage:/coverage"
    : ownSource(source),
).meta({
  description: "folders that it may write to: in memory (/var/cache), or of this machine (./coverage:/coverage)",
  details:
    "One in memory has at most 256 MiB and is empty after each start. A folder of this machine has to be one that user 1000 may write to.",
  takes: "a list of TARGET or SOURCE:TARGET",
});

function ownSource(source: string): string | undefined {
  return source === "/" ? "the root of this machine is no folder to write to" : undefined;
}

function mounts(problem: (mount: FileMount, entry: string) => string | undefined) {
  return z
    .array(
      z.string().superRefine((entry, context) => {
        const mount = parseFileMount(entry);
        const message = problem(mount, entry) ?? takenProblem(mount);
        if (message !== undefined) context.addIssue({ code: "custom", message });
      }),
    )
    .superRefine((entries, context) => {
      const twice = sameTarget(entries);
      if (twice !== undefined) context.addIssue({ code: "custom", message: `two of them are mounted at ${twice}` });
    })
    .default([]);
}

/** @returns where two of them are mounted, if they are */
export function sameTarget(entries: readonly string[]): string | undefined {
  const targets = entries.map((entry) => parseFileMount(entry).target);
  return targets.find((target, index) => targets.indexOf(target) !== index);
}

function isPath(target: string): boolean {
  return /^(\/[^/]+)+$/.test(target) && !/\/\.{1,2}(\/|$)/.test(target);
}

function takenProblem({ target }: FileMount): string | undefined {
  const other = taken.find((folder) => `${target}/`.startsWith(`${folder}/`) || `${folder}/`.startsWith(`${target}/`));
  return other === undefined ? undefined : `the container has its own ${other}: choose another path`;
}
