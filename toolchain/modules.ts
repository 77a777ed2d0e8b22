import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errorCode, UserError } from "../common/errors.ts";
import { head, run } from "../common/process.ts";
import { isAlive } from "../common/process-tree.ts";
import { type Output, Steps } from "../common/steps.ts";
import { canInstallPackages, installPackages } from "./apt.ts";

const npmCi = ["ci", "--ignore-scripts", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"];

/** node_modules carries a copy of the lock file that it was installed from. */
const stampName = ".nitro-package-lock.json";

/** @returns true where node_modules is what package-lock.json says */
export function modulesAreCurrent(root: string): boolean {
  const stamp = join(root, "node_modules", stampName);
  return existsSync(stamp) && readFileSync(stamp).equals(readFileSync(join(root, "package-lock.json")));
}

/**
 * Installs the npm packages where package-lock.json changed. They are installed in a folder aside that is then renamed: killed anywhere, or
 * run twice at once, node_modules is always whole.
 * @throws UserError with npm's last lines
 */
export async function ensureModules(root: string, env: NodeJS.ProcessEnv, output: Output): Promise<void> {
  if (modulesAreCurrent(root)) return;
  const steps = new Steps(output);
  if ((await run("npm", ["--version"], { env })).code !== 0) await installNpm(env, steps);
  const aside = join(root, ".nitro", "npm");
  mkdirSync(aside, { recursive: true });
  removeLeftovers(aside);
  const stage = mkdtempSync(join(aside, `${process.pid}-`));
  try {
    await steps.run("npm packages (npm ci)", (detail) => install(root, stage, env, detail));
    putInPlace(root, stage);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

async function installNpm(env: NodeJS.ProcessEnv, steps: Steps): Promise<void> {
  if (!canInstallPackages())
    throw new UserError("npm is not there, and nitro's packages are installed with it", "install npm; it comes with Node");
  await installPackages(["npm"], env, steps);
}

/** What a process that was killed left behind. */
function removeLeftovers(aside: string): void {
  for (const name of readdirSync(aside)) {
    if (!isAlive(Number.parseInt(name, 10))) rmSync(join(aside, name), { recursive: true, force: true });
  }
}

async function install(root: string, stage: string, env: NodeJS.ProcessEnv, detail: (text: string) => void): Promise<void> {
  for (const file of ["package.json", "package-lock.json", ".npmrc"]) {
    if (existsSync(join(root, file))) cpSync(join(root, file), join(stage, file));
  }
  const result = await run("npm", npmCi, { cwd: stage, env, onLine: detail });
  if (result.code !== 0) throw new UserError(`npm could not install nitro's packages:\n${head(result.output)}`, "npm ci --ignore-scripts");
  cpSync(join(stage, "package-lock.json"), join(stage, "node_modules", stampName));
}

/** rename(2) never replaces a folder with something in it: of two starts one is first, and the other looks again. */
function putInPlace(root: string, stage: string): void {
  const target = join(root, "node_modules");
  for (let attempt = 0; !modulesAreCurrent(root); attempt++) {
    if (existsSync(target)) moveAside(target, join(stage, `old-${attempt}`));
    try {
      renameSync(join(stage, "node_modules"), target);
      return;
    } catch (error) {
      if (!["ENOTEMPTY", "EEXIST"].includes(errorCode(error) ?? "")) throw error;
    }
  }
}

function moveAside(folder: string, to: string): void {
  try {
    renameSync(folder, to);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}
