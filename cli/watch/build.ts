import { UserError } from "../../common/errors.ts";
import { follow } from "../../common/process.ts";
import type { Arch } from "../../docker/types.ts";

/** A build that failed by the sources' fault: the compiler's words are for the developer. */
export class BuildError extends UserError {}

/**
 * Makes an executable.
 * @param signal aborted: a newer build waits
 * @param tell gets what is to be said of a build that ended well
 */
export type Build = (signal: AbortSignal, tell: (text: string) => void) => Promise<void>;

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
  let output = "";
  const { code, signal: ended } = await follow("sh", ["-c", command], {
    cwd,
    env: { GOOS: "linux", GOARCH: arch, CGO_ENABLED: "0", ...env },
    ownSession: true,
    stop: { signal, graceMs },
    onLine: (line) => {
      if (output.length < keptChars) output += `${line}\n`;
    },
  });
  signal.throwIfAborted();
  if (code !== 0) throw new BuildError(`the build failed (${ended ?? `exit code ${code}`}):\n${output.trimEnd()}`);
}
