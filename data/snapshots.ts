import { join } from "node:path";
import { withLock } from "../common/lock.ts";
import type { Progress } from "../common/progress.ts";

/** What is kept of a stack on this machine; `nitro down` removes it. */
function stackFolder(root: string, stack: string): string {
  return join(root, ".nitro", stack);
}

/**
 * Runs what changes, or copies, all data of a stack, while no other command does.
 * @param root the project's folder
 */
export async function withDataLock<T>(root: string, stack: string, progress: Pick<Progress, "line">, work: () => Promise<T>): Promise<T> {
  return withLock(join(stackFolder(root, stack), "data.lock"), work, {
    onWait: ({ pid }) => progress.line(`another command (process ${pid}) is at the data of stack ${stack}: waiting for it`),
  });
}
