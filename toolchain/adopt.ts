import { realpathSync } from "node:fs";
import { access, constants, mkdir, symlink } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { run } from "../common/process.ts";
import { installFolder } from "../common/staged-folder.ts";
import { type ToolPart, writeOrigin } from "./parts.ts";

/**
 * Uses the Pulumi that the user has installed, by symbolic links, where it is not older than ours and has its language host beside it.
 * @returns its path; undefined where there is none that fits
 */
export async function adoptPulumi(part: ToolPart, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const path = await installedPulumi(env);
  if (path === undefined) return undefined;
  const folder = dirname(path);
  if (!(await executables(folder, part.executables))) return undefined;
  const { code, stdout } = await run(path, ["version"], { env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" } });
  if (code !== 0 || !isWantedVersion(stdout, part.version)) return undefined;
  await installFolder(part.folder, async (stage) => {
    await mkdir(join(stage, part.bin), { recursive: true });
    for (const name of part.executables) await symlink(join(folder, name), join(stage, part.bin, name));
    await writeOrigin(stage, "the user's own");
  });
  return path;
}

/** @returns true for a version of the same major number that is not older. @param found as in "v3.260.1" */
export function isWantedVersion(found: string, wanted: string): boolean {
  const [major, minor, patch] = numbers(found);
  const [wantedMajor, wantedMinor, wantedPatch] = numbers(wanted);
  if (major === undefined || minor === undefined || patch === undefined) return false;
  if (wantedMajor === undefined || wantedMinor === undefined || wantedPatch === undefined) return false;
  return major === wantedMajor && (minor > wantedMinor || (minor === wantedMinor && patch >= wantedPatch));
}

function numbers(version: string): number[] {
  return (/(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
}

async function installedPulumi(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (env.PATH ?? "").split(delimiter)) {
    const path = join(folder, "pulumi");
    if (folder !== "" && (await executables(folder, ["pulumi"]))) return realpathSync(path);
  }
  return undefined;
}

async function executables(folder: string, names: readonly string[]): Promise<boolean> {
  try {
    for (const name of names) await access(join(folder, name), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
