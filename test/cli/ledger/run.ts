import { PassThrough } from "node:stream";
import type { Command } from "../../../cli/core/command.ts";
import { command as ledger } from "../../../cli/ledger/ledger.ts";
import type { Context } from "../../../common/context.ts";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `nitro ledger <args>` in this process. @throws what the command throws */
export async function runLedger(
  args: readonly string[],
  options: { tty?: boolean; stdin?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ran> {
  const [word = "", ...rest] = args;
  const command: Command | undefined = await ledger.subcommand?.(word);
  if (command === undefined) throw new Error(`there is no subcommand ${word}`);
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
  const code = await command.run(rest, context);
  return { code, stdout, stderr };
}
