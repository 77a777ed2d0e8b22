import { PassThrough } from "node:stream";
import { commands } from "../../cli/core/commands.ts";
import { commandIn, resolve } from "../../cli/core/resolve.ts";
import type { Context } from "../../common/context.ts";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `nitro <args>` in this process. @throws what the command throws */
export async function runNitro(
  args: readonly string[],
  options: { tty?: boolean; stdin?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ran> {
  const resolved = await resolve(commands, args);
  const command = commandIn(resolved);
  let [stdout, stderr] = ["", ""];
  const stdin = new PassThrough();
  stdin.end(options.stdin ?? "");
  const context = {
    env: options.env ?? {},
    cwd: process.cwd(),
    root: process.cwd(),
    stdin,
    stdout: { isTTY: options.tty === true, write: (text: string) => (stdout += text) },
    stderr: { isTTY: false, write: (text: string) => (stderr += text) },
    signal: new AbortController().signal,
    kill: new AbortController().signal,
  } as unknown as Context;
  const code = await command.run(resolved.args, context);
  return { code, stdout, stderr };
}
