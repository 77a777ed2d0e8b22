import { existsSync } from "node:fs";
import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runWell } from "../../common/process.ts";
import { withStage } from "../../common/staged-folder.ts";
import { debootstrapScript, ownImages } from "../../images/inputs.ts";
import { readPins } from "../../images/pins.ts";
import { aptInstall } from "../../toolchain/apt.ts";
import { nitroHome } from "../../toolchain/home.ts";

/** Debian for arm64 as an engine of that architecture gets it. */
export interface ArmDebian {
  /** The image's name. */
  readonly ref: string;
  /** An archive of its root file system. */
  readonly archive: string;
}

/**
 * Makes Debian for arm64 by the script of the images; this machine has to run arm64 programs. It is made once for all tests, and anew where the
 * script or its pins have changed.
 */
export async function armDebian(env: NodeJS.ProcessEnv): Promise<ArmDebian> {
  const pins = readPins();
  const { debian: ref } = ownImages("arm64", pins);
  const folder = join(nitroHome(env), "tests", "debian-arm64");
  const archive = join(folder, `${ref.split(":")[1]}.tar`);
  if (existsSync(archive)) return { ref, archive };
  await rm(folder, { recursive: true, force: true });
  await aptInstall(["debootstrap", "debian-archive-keyring"], env, () => undefined);
  await withStage(folder, async (stage) => {
    const programs = join(stage, "bin");
    await mkdir(programs);
    // The script says nothing of an architecture.
    await writeFile(join(programs, "debootstrap"), '#!/bin/sh\nexec /usr/sbin/debootstrap --arch=arm64 "$@"\n');
    await chmod(join(programs, "debootstrap"), 0o755);
    const inside = { env: { ...env, PATH: `${programs}:${env.PATH}` } };
    const root = join(stage, "root");
    const contained = ["--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", debootstrapScript];
    await runWell("setpriv", [...contained, pins.debian.suite, root], inside);
    await runWell("tar", ["--numeric-owner", "-C", root, "-c", "-f", join(stage, "root.tar"), "."], inside);
    await rename(join(stage, "root.tar"), archive);
  });
  return { ref, archive };
}
