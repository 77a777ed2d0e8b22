import { spawn } from "node:child_process";
import { errorCode, UserError } from "../../common/errors.ts";
import type { Arch } from "../../executable/check.ts";

/** A build that failed by the sources' fault: the compiler's words are for the developer. */
export class BuildError extends UserError {}

export interface ShellBuild {
  /** A line for sh. */
  readonly command: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Of the container engine: Go compiles for it, where the environment does not say otherwise. */
  readonly arch: Arch;
}

/** From the polite end of a build to the forced one, in ms. */
const graceMs = 1000;

/** The most of a build's words that is kept: the first errors count. */
const keptChars = 20_000;

/**
 * Runs a build command in a process group of its own.
 * @param signal aborted: the whole group is ended, also what the command started
 * @throws BuildError with the command's own words; the signal's reason where that was aborted
 */
export async function runBuild({ command, cwd, env, arch }: ShellBuild, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const child = spawn("sh", ["-c", command], {
    cwd,
    env: { GOOS: "linux", GOARCH: arch, CGO_ENABLED: "0", ...env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const keep = (chunk: Buffer) => {
    if (output.length < keptChars) output += chunk.toString("utf8");
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  let forced: NodeJS.Timeout | undefined;
  const onAbort = () => {
    endGroup(child.pid, "SIGTERM");
    forced = setTimeout(() => endGroup(child.pid, "SIGKILL"), graceMs);
  };
  signal.addEventListener("abort", onAbort);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    signal.throwIfAborted();
    if (code !== 0) throw new BuildError(`the build failed${code === null ? "" : ` (exit code ${code})`}:\n${output.trimEnd()}`);
  } finally {
    clearTimeout(forced);
    signal.removeEventListener("abort", onAbort);
  }
}

function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (errorCode(error) !== "ESRCH") throw error;
  }
}
