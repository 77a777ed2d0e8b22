import type { Context } from "../../common/context.ts";
import { type RunResult, run } from "../../common/process.ts";

/**
 * Runs a program to its end, showing its output as it comes.
 * @param context where to show it; undefined for nowhere
 * @param shown what of a line of standard output to print; all of it by default
 */
export async function runShown(
  program: string,
  args: readonly string[],
  { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
  context: Pick<Context, "stdout" | "stderr"> | undefined,
  shown: (line: string) => string = (line) => `${line}\n`,
): Promise<RunResult> {
  const result = await run(program, args, {
    cwd,
    env,
    onLine: (line, stream) => context?.[stream].write(stream === "stdout" ? shown(line) : `${line}\n`),
  });
  if (result.problem !== undefined) context?.stderr.write(`${result.output}\n`);
  return result;
}
