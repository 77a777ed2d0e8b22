import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of this repository. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Runs a program to its end.
 * @returns its standard output
 * @throws Error with all its output where it fails
 */
export function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = root): Promise<string> {
  const child = spawn(program, [...args], { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (data: Buffer) => {
    output += data.toString();
  });
  child.stderr.on("data", (data: Buffer) => {
    errors += data.toString();
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${program} ${args.join(" ")} ended with ${code}:\n${output}${errors}`));
    });
  });
}

/** Runs `./nitro …` as a user does: a process of its own, from cold. */
export function nitro(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  return existsSync(`${root}/nitro`) ? run("./nitro", args, env) : run(process.execPath, [`${root}/cli/core/main.ts`, ...args], env);
}
