import { existsSync } from "node:fs";
import { UserError } from "../common/errors.ts";
import { run, tail } from "../common/process.ts";
import type { Steps } from "../common/steps.ts";

/** True where packages of the system can be installed: Debian, Ubuntu and their like, as root. */
export function canInstallPackages(): boolean {
  return existsSync("/etc/debian_version") && existsSync("/usr/bin/apt-get") && process.getuid?.() === 0;
}

/**
 * Installs packages of a Debian-like system; asks nothing.
 * @throws UserError with apt-get's last lines
 */
export async function installPackages(packages: readonly string[], env: NodeJS.ProcessEnv, steps: Steps): Promise<void> {
  await steps.run(`apt-get install ${packages.join(" ")}`, async (detail) => {
    const install = ["install", "-y", "--no-install-recommends", ...packages];
    const quiet = { env: { ...env, DEBIAN_FRONTEND: "noninteractive" }, onLine: detail };
    const first = await run("apt-get", install, quiet);
    if (first.code === 0) return;
    // Lists that are missing or name versions that are gone: fetch them and try once more.
    await run("apt-get", ["update"], quiet);
    const second = await run("apt-get", install, quiet);
    if (second.code !== 0)
      throw new UserError(
        `apt-get could not install ${packages.join(" ")}:\n${tail(second.output)}`,
        `apt-get install ${packages.join(" ")}`,
      );
  });
}
