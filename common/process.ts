import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** How to run a program. */
export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment of the program. */
  readonly env: NodeJS.ProcessEnv;
  /** Called for every line of standard output and standard error, as it comes. */
  readonly onLine?: (line: string) => void;
}

/** How a program ended. */
export interface RunResult {
  /** Exit code; 127 where the program is not there, 128 where a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  /** Standard output and standard error as they came, for messages. */
  readonly output: string;
}

/** Runs a program without standard input to its end; it ends with this process at the latest. Never throws. */
export function run(program: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  return new Promise((done) => {
    const child = spawn(program, args, { cwd: options.cwd, env: options.env, stdio: ["ignore", "pipe", "pipe"] });
    const end = () => child.kill("SIGKILL");
    process.once("exit", end);
    const finish = (result: RunResult) => {
      process.off("exit", end);
      done(result);
    };
    let stdout = "";
    let output = "";
    const onLine = (line: string) => {
      output += `${line}\n`;
      options.onLine?.(line);
    };
    createInterface({ input: child.stdout }).on("line", (line) => {
      stdout += `${line}\n`;
      onLine(line);
    });
    createInterface({ input: child.stderr }).on("line", onLine);
    child.once("error", (error) => finish({ code: 127, stdout, output: `${program}: ${error.message}` }));
    child.once("close", (code) => finish({ code: code ?? 128, stdout, output }));
  });
}

/** The last lines of a program's output, for an error message. */
export function tail(output: string, lines = 15): string {
  return output.trimEnd().split("\n").slice(-lines).join("\n");
}

/** The first lines, for programs that explain their usage after they have said what is wrong. */
export function head(output: string, lines = 15): string {
  return output.trim().split("\n").slice(0, lines).join("\n");
}
