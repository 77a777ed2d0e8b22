import type { Context } from "../../common/context.ts";
import { runShown } from "./process.ts";

/** What git writes around the two sides of a conflict: https://git-scm.com/docs/git-merge#_how_conflicts_are_presented */
const markers = "^(<{7}|\\|{7}|>{7}) ";

/**
 * Looks for conflict markers in every tracked text file, and prints where they are.
 * @param root a git checkout
 * @returns true where there are none
 */
export async function hasNoConflictMarkers(root: string, context: Pick<Context, "stdout" | "stderr" | "env">): Promise<boolean> {
  const args = ["grep", "--no-color", "-I", "-n", "-E", markers];
  const { code } = await runShown("git", args, { cwd: root, env: context.env }, context);
  // git grep ends with 1 where nothing was found; with 128 where this is no checkout.
  return code === 1;
}
