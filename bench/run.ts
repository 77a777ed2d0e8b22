import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runWell } from "../common/process.ts";

/** The folder of this repository. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Runs a program to its end.
 * @returns its standard output
 * @throws UserError with its last lines where it fails
 */
export function runBenchProgram(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = root): Promise<string> {
  return runWell(program, args, { cwd, env: { ...process.env, ...env } });
}

/** Runs `./nitro …` as a user does: a process of its own, from cold. */
export function nitro(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  return existsSync(`${root}/nitro`)
    ? runBenchProgram("./nitro", args, env)
    : runBenchProgram(process.execPath, [`${root}/cli/core/main.ts`, ...args], env);
}
