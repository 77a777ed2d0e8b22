import { createReadStream, existsSync } from "node:fs";
import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runWell } from "../../common/process.ts";
import { withStage } from "../../common/staged-folder.ts";
import type { Engine } from "../../docker/engine.ts";
import { debootstrapScript, ownImages } from "../../images/inputs.ts";
import { readPins } from "../../images/pins.ts";
import { aptInstall } from "../../toolchain/apt.ts";
import { nitroHome } from "../../toolchain/home.ts";

/**
 * Gives an engine Debian for arm64, on which its images are made. The archive of the root file system is made once for all engines, and anew
 * where the script or its pins have changed; this machine has to run arm64 programs.
 */
export async function ensureArmDebian(engine: Engine, env: NodeJS.ProcessEnv): Promise<void> {
  const pins = readPins();
  const { debian: ref } = ownImages("arm64", pins);
  if (await engine.imageExists(ref)) return;
  const folder = join(nitroHome(env), "tests", "debian-arm64");
  const archive = join(folder, `${ref.split(":")[1]}.tar`);
  if (!existsSync(archive)) await bootstrap(folder, archive, pins.debian.suite, env);
  await engine.importImage(createReadStream(archive), ref);
}

async function bootstrap(folder: string, archive: string, suite: string, env: NodeJS.ProcessEnv): Promise<void> {
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
    await runWell("setpriv", [...contained, suite, root], inside);
    await runWell("tar", ["--numeric-owner", "-C", root, "-c", "-f", join(stage, "root.tar"), "."], inside);
    await rename(join(stage, "root.tar"), archive);
  });
}
