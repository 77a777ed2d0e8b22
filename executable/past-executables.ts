import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ifPresent, writeWhole } from "../common/files.ts";

/** The present one and the one before it: the way back. */
const remembered = 2;

/**
 * The executables of a stack that service and worker ran and answered with.
 * @returns SHA-256 in hex, the latest first, each once, two at most
 */
export async function readPastExecutables(root: string, stack: string): Promise<string[]> {
  const text = (await ifPresent(readFile(pastFile(root, stack), "utf8"))) ?? "";
  return text.split("\n").filter((line) => /^[0-9a-f]{64}$/.test(line));
}

/** Notes that an executable answers. One that never did is no way back, so it is not noted. */
export async function notePastExecutable(root: string, stack: string, sha256: string): Promise<void> {
  const before = await readPastExecutables(root, stack);
  if (before[0] === sha256) return;
  const after = [sha256, ...before.filter((each) => each !== sha256)].slice(0, remembered);
  const file = pastFile(root, stack);
  await mkdir(dirname(file), { recursive: true });
  await writeWhole(file, `${after.join("\n")}\n`);
}

/**
 * The executable to go back to.
 * @param present hashes of those that service and worker run or are to run, which may differ after a swap of one of them
 * @returns undefined where no other one ever answered
 */
export async function previousExecutable(root: string, stack: string, present: readonly string[]): Promise<string | undefined> {
  return (await readPastExecutables(root, stack)).find((sha256) => present.some((each) => each !== sha256));
}

function pastFile(root: string, stack: string): string {
  return join(root, ".nitro", stack, "answered");
}
