import { readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { errorCode } from "../common/errors.ts";
import { backendUrl } from "../toolchain/owner.ts";
import { backendFolder, project } from "./lock.ts";

/**
 * The stacks of this project, read straight from the folder of a file backend: in a millisecond, where `pulumi stack ls` takes half a second.
 * @param root the folder that a relative backend is meant from
 * @returns their names, sorted; none for a backend that is no folder
 */
export async function knownStacks(env: NodeJS.ProcessEnv, root: string): Promise<string[]> {
  const folder = backendFolder(backendUrl(env), root, homedir());
  if (folder === undefined) return [];
  const files = await readdir(join(folder, ".pulumi", "stacks", project)).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  });
  // Beside each state lie its backup and its attributes.
  return [...new Set(files.flatMap((file) => /^([^.]+)\.json(\.gz)?$/.exec(file)?.[1] ?? []))].sort();
}
