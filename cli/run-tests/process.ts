import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Context } from "../../common/context.ts";
import { killTree } from "../../common/process-tree.ts";

/**
 * Runs a program to its end, showing its output as it comes.
 * @param context where to show it; undefined for nowhere
 * @param shown what of a line of standard output to print; all of it by default
 */
export function runShown(
  program: string,
  args: readonly string[],
  { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
  context: Pick<Context, "stdout" | "stderr"> | undefined,
  shown: (line: string) => string = (line) => `${line}\n`,
): Promise<{ code: number; stdout: string }> {
  return new Promise((done) => {
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const end = () => {
      if (child.pid !== undefined) killTree(child.pid);
    };
    process.once("exit", end);
    const finish = (code: number, message = "") => {
      process.off("exit", end);
      context?.stderr.write(message);
      done({ code, stdout });
    };
    let stdout = "";
    createInterface({ input: child.stdout }).on("line", (line) => {
      stdout += `${line}\n`;
      context?.stdout.write(shown(line));
    });
    child.stderr.on("data", (chunk: Buffer) => context?.stderr.write(chunk));
    child.once("error", (error) => finish(127, `${program}: ${error.message}\n`));
    child.once("close", (code) => finish(code ?? 128));
  });
}
