import { spawn } from "node:child_process";
import { errorCode, UserError } from "../common/errors.ts";
import { LineSplitter } from "../docker/streams.ts";

/** Lines of output that an error quotes. */
const quotedLines = 15;

/**
 * Runs a program of the host to its end.
 * @param onLine gets each line that it writes
 * @throws UserError where it is not installed or ends with another exit code than 0, with its last lines
 */
export function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv, onLine: (line: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const last: string[] = [];
    const take = (lines: string[]) => {
      for (const line of lines) onLine(line);
      last.push(...lines);
      last.splice(0, last.length - quotedLines);
    };
    for (const stream of [child.stdout, child.stderr]) {
      const splitter = new LineSplitter();
      stream.on("data", (chunk: Buffer) => take(splitter.push(chunk)));
      stream.on("end", () => take(splitter.end()));
    }
    child.on("error", (error) => reject(startError(command, error)));
    child.on("close", (code, signal) => {
      if (code === 0) return resolve();
      reject(new UserError(`${[command, ...args].join(" ")} ended with ${signal ?? `exit code ${code}`}\n${last.join("\n")}`));
    });
  });
}

export function startError(command: string, error: Error): UserError {
  const reason = errorCode(error) === "ENOENT" ? "it is not installed, or not in PATH" : error.message;
  return new UserError(`cannot run ${command}: ${reason}`, undefined, { cause: error });
}
