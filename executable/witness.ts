import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { ifPresent, writeWhole } from "../common/files.ts";

/** The file beside a staged executable that tells whether it is still the one that was staged. */
export const witnessName = "witness";

/** Linux's own: another one after each start of the system, and in another virtual machine (proc_sys_kernel(5)). */
export const bootIdFile = "/proc/sys/kernel/random/boot_id";

/** The same words from coreutils' stat, for shells. */
export const witnessFormat = "%i %s %.9Y %.9Z";

/**
 * Notes what a file that was just written and hashed looks like from outside: inode, length, time of its content, time of its last change. Nobody
 * can set the last, and the system sets it with each change of content, mode or owner. So as long as all of it is the same, and the system has not
 * been started anew (a power cut may lose content that was written, and keep the times), the file is the one that was hashed, and need not be hashed
 * again: in a container neither, where it is the same system's (images/base/nitro-run, probe-script.ts). Elsewhere there is no witness that fits.
 */
export async function writeWitness(folder: string, file: string): Promise<void> {
  const witness = await witnessOf(file);
  if (witness !== undefined) await writeWhole(join(folder, witnessName), `${witness}\n`, { mode: 0o444 });
}

/** True where a file is the one that was hashed when its witness was written. */
export async function witnessFits(folder: string, file: string): Promise<boolean> {
  const written = await ifPresent(readFile(join(folder, witnessName), "utf8"));
  return written !== undefined && written.trimEnd() === (await ifPresent(witnessOf(file)));
}

/** @returns undefined on a system that is no Linux */
async function witnessOf(file: string): Promise<string | undefined> {
  const [boot, { ino, size, mtimeNs, ctimeNs }] = await Promise.all([
    ifPresent(readFile(bootIdFile, "utf8")),
    stat(file, { bigint: true }),
  ]);
  return boot === undefined ? undefined : `${boot.trimEnd()} ${ino} ${size} ${inSeconds(mtimeNs)} ${inSeconds(ctimeNs)}`;
}

/** With nine digits, as coreutils writes it. */
function inSeconds(nanoseconds: bigint): string {
  const digits = nanoseconds.toString().padStart(10, "0");
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`;
}
