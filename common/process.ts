import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import { errorCode, UserError } from "./errors.ts";
import { killGroup, killTree } from "./process-tree.ts";

/** Which stream a program wrote to. */
export type Stream = "stdout" | "stderr";

/** How to run a program. */
export interface RunOptions {
  readonly cwd?: string | undefined;
  /** The whole environment of the program. */
  readonly env: NodeJS.ProcessEnv;
  /** Called for every line that it writes, as it comes. */
  readonly onLine?: ((line: string, stream: Stream) => void) | undefined;
  /** Gets the process id once, when it has been started. */
  readonly onStart?: ((pid: number) => void) | undefined;
  /** True: in a session of its own, so that a terminal's Ctrl-C reaches it only through `stop` and it can ask nothing at the terminal. */
  readonly ownSession?: boolean;
  readonly stop?: Stop | undefined;
  /**
   * Aborted: the program and everything that it started are killed, before `abort` returns. Where there is no such signal, they are killed
   * when this process exits.
   */
  readonly kill?: AbortSignal | undefined;
}

/** How a program is asked to end. */
export interface Stop {
  /** Aborted: the program is asked; in a session of its own, also what it started in its process group. */
  readonly signal: AbortSignal;
  /** SIGTERM by default. */
  readonly by?: NodeJS.Signals;
  /** After that time it is killed with all that it started, in ms; by default it may take as long as it likes. */
  readonly graceMs?: number;
}

/** How a program ended. */
export interface ProcessEnding {
  /** As shells count: 127 where the program could not be started, 128 + number where a signal ended it. */
  readonly code: number;
  /** What ended it, where that was a signal. */
  readonly signal?: NodeJS.Signals | undefined;
  /** Why it could not be started. */
  readonly problem?: Error;
}

/** How a program ended, and what it wrote. */
export interface RunResult extends ProcessEnding {
  readonly stdout: string;
  readonly stderr: string;
  /** Both as they came, for messages; where the program could not be started, the reason. */
  readonly output: string;
}

/**
 * Runs a program without standard input to its end and keeps nothing of what it writes: `onLine` gets it.
 * @returns how it ended; never rejects for what the program does, nor where it is not there
 */
export async function follow(program: string, args: readonly string[], options: RunOptions): Promise<ProcessEnding> {
  const { cwd, env, ownSession = false } = options;
  const child = spawn(program, args, { cwd, env, detached: ownSession, stdio: ["ignore", "pipe", "pipe"] });
  const release = obey(child, options);
  for (const stream of ["stdout", "stderr"] as const) {
    const lines = createInterface({ input: child[stream], crlfDelay: Number.POSITIVE_INFINITY });
    lines.on("line", (line) => options.onLine?.(line, stream));
  }
  const ended = new Promise<ProcessEnding>((done) => {
    child.once("error", (problem) => done({ code: 127, problem }));
    child.once("close", (code, signal) => done(signal === null ? { code: code ?? 1 } : { code: 128 + constants.signals[signal], signal }));
  });
  if (child.pid !== undefined) options.onStart?.(child.pid);
  return ended.finally(release);
}

/** Ends a program when it is asked for. @returns how to stop listening */
function obey(child: ChildProcess, { ownSession = false, stop, kill }: RunOptions): () => void {
  const { pid } = child;
  if (pid === undefined) return () => {};
  let forced: NodeJS.Timeout | undefined;
  const onKill = () => {
    killTree(pid);
    if (ownSession) killGroup(pid, "SIGKILL");
  };
  const onStop = () => {
    const by = stop?.by ?? "SIGTERM";
    if (ownSession) killGroup(pid, by);
    else child.kill(by);
    if (stop?.graceMs !== undefined) forced = setTimeout(onKill, stop.graceMs);
  };
  if (kill === undefined) process.once("exit", onKill);
  kill?.addEventListener("abort", onKill);
  stop?.signal.addEventListener("abort", onStop);
  if (stop?.signal.aborted) onStop();
  return () => {
    clearTimeout(forced);
    process.off("exit", onKill);
    kill?.removeEventListener("abort", onKill);
    stop?.signal.removeEventListener("abort", onStop);
  };
}

/** Runs a program without standard input to its end and keeps what it writes. See follow. */
export async function run(program: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const text = { stdout: "", stderr: "", output: "" };
  const onLine = (line: string, stream: Stream) => {
    text[stream] += `${line}\n`;
    text.output += `${line}\n`;
    options.onLine?.(line, stream);
  };
  const ending = await follow(program, args, { ...options, onLine });
  return { ...ending, ...text, output: ending.problem === undefined ? text.output : `${program}: ${ending.problem.message}` };
}

/**
 * Runs a program that has to succeed.
 * @returns its standard output
 * @throws UserError with its last lines where it ends with another exit code than 0, or cannot be started
 */
export async function runWell(program: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { code, signal, problem, stdout, output } = await run(program, args, options);
  if (problem !== undefined) throw startError(program, problem);
  if (code !== 0) throw new UserError(`${[program, ...args].join(" ")} ended with ${signal ?? `exit code ${code}`}\n${tail(output)}`);
  return stdout;
}

/** Says why a program could not be started. */
export function startError(program: string, problem: Error): UserError {
  const reason = errorCode(problem) === "ENOENT" ? "it is not installed, or not in PATH" : problem.message;
  return new UserError(`cannot run ${program}: ${reason}`, undefined, { cause: problem });
}

/**
 * Starts a program that outlives this process, in a session of its own and with a file as its output: neither Ctrl-C nor the end of a CI job
 * ends it, and no pipe waits for it.
 * @param log descriptor of the file, open for writing
 * @throws UserError where it cannot be started
 */
export async function startApart(program: string, args: readonly string[], env: NodeJS.ProcessEnv, log: number): Promise<void> {
  const child = spawn(program, args, { cwd: "/", env, detached: true, stdio: ["ignore", log, log] });
  await new Promise<void>((done, fail) => {
    child.once("spawn", done);
    child.once("error", (problem) => fail(startError(program, problem)));
  });
  child.unref();
}

/** The last lines of a program's output, for an error message. */
export function tail(output: string, lines = 15): string {
  return output.trimEnd().split("\n").slice(-lines).join("\n");
}

/** The first lines, for programs that explain their usage after they have said what is wrong. */
export function head(output: string, lines = 15): string {
  return output.trim().split("\n").slice(0, lines).join("\n");
}
