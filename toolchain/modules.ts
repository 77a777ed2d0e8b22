import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../common/errors.ts";
import { head, run } from "../common/process.ts";
import { replaceFolder, withStage } from "../common/staged-folder.ts";
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
  await withStage(join(root, ".nitro", "npm"), async (stage) => {
    await steps.run("npm packages (npm ci)", (detail) => install(root, stage, env, detail));
    await putInPlace(root, stage);
  });
}

async function installNpm(env: NodeJS.ProcessEnv, steps: Steps): Promise<void> {
  if (!canInstallPackages())
    throw new UserError("npm is not there, and nitro's packages are installed with it", "install npm; it comes with Node");
  await installPackages(["npm"], env, steps);
}

async function install(root: string, stage: string, env: NodeJS.ProcessEnv, detail: (text: string) => void): Promise<void> {
  for (const file of ["package.json", "package-lock.json", ".npmrc"]) {
    if (existsSync(join(root, file))) cpSync(join(root, file), join(stage, file));
  }
  const result = await run("npm", npmCi, { cwd: stage, env, onLine: detail });
  if (result.code !== 0) throw new UserError(`npm could not install nitro's packages:\n${head(result.output)}`, "npm ci --ignore-scripts");
  cpSync(join(stage, "package-lock.json"), join(stage, "node_modules", stampName));
}

/** Of two starts at once one is first, and the other looks again: the packages may be of another lock file. */
async function putInPlace(root: string, stage: string): Promise<void> {
  while (!modulesAreCurrent(root)) {
    if (await replaceFolder(join(stage, "node_modules"), join(root, "node_modules"))) return;
  }
}
