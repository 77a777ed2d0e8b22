import { existsSync } from "node:fs";
import { UserError } from "../common/errors.ts";
import { run, startError, tail } from "../common/process.ts";
import type { Detail, Steps } from "../common/steps.ts";

/** True where packages of the system can be installed: Debian, Ubuntu and their like, as root. */
export function canInstallPackages(): boolean {
  return existsSync("/etc/debian_version") && existsSync("/usr/bin/apt-get") && process.getuid?.() === 0;
}

/** Installs packages as a step that is shown. See aptInstall. */
export async function installPackages(packages: readonly string[], env: NodeJS.ProcessEnv, steps: Steps): Promise<void> {
  await steps.run(`apt-get install ${packages.join(" ")}`, (detail) => aptInstall(packages, env, detail));
}

/** How long apt-get waits for another one to end, in s. */
const lockTimeout = 300;

/**
 * Installs packages of a Debian-like system; asks nothing, and waits where others install something.
 * @param detail gets each line of apt-get
 * @throws UserError that says what stood in the way, with apt-get's last lines
 */
export async function aptInstall(packages: readonly string[], env: NodeJS.ProcessEnv, detail: Detail): Promise<void> {
  const apt = (...args: string[]) =>
    run("apt-get", ["-q", "-o", `DPkg::Lock::Timeout=${lockTimeout}`, ...args], {
      env: { ...env, DEBIAN_FRONTEND: "noninteractive" },
      onLine: detail,
    });
  const install = () => apt("install", "-y", "--no-install-recommends", ...packages);
  const first = await install();
  if (first.code === 0) return;
  if (first.problem !== undefined) throw startError("apt-get", first.problem);
  // Lists that are missing or name versions that are gone: fetch them and try once more.
  const update = await apt("update");
  const second = await install();
  if (second.code !== 0) throw aptError(packages, update.output, second.output);
}

/**
 * What apt-get's words mean. Pure.
 * @param update what `apt-get update` wrote: it ends well also where it could fetch nothing
 * @param install what `apt-get install` wrote after that
 */
export function aptError(packages: readonly string[], update: string, install: string): UserError {
  const names = packages.join(" ");
  const command = `apt-get install ${names}`;
  const [why, mend] = reason(install) ?? reason(update) ?? ["", command];
  return new UserError(`apt-get could not install ${names}${why === "" ? "" : `: ${why}`}\n${tail(install)}`, mend.replace("…", command));
}

function reason(output: string): readonly [why: string, mend: string] | undefined {
  if (/are you root|Permission denied/.test(output)) return ["that needs root", "sudo …"];
  if (/Could not get lock|Unable to acquire the dpkg/.test(output))
    return [`another program has been installing packages for ${lockTimeout} s`, "wait until it has ended, then: …"];
  if (/Temporary failure resolving|Could not (?:resolve|connect)|Unable to connect|Failed to fetch/.test(output))
    return ["the package archive cannot be reached", "mend the network or the sources in /etc/apt, then: apt-get update && …"];
  return undefined;
}
