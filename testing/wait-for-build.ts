import { join } from "node:path";
import { run } from "../common/process.ts";
import { noProjectRoot, projectRoot } from "./project-root.ts";

export interface WaitForBuildOptions {
  /** The executable, as a file or by its SHA-256; by default the one of the stack's settings. */
  readonly build?: string;
  /** Milliseconds; 60 s by default. */
  readonly timeoutMs?: number;
  /** The folder of this project's Pulumi.yaml; by default the one this package lies in. */
  readonly root?: string;
  /** By default the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Something else runs; the message says what. */
export class WaitForBuildError extends Error {
  override readonly name = "WaitForBuildError";
}

/** A process of the stack, as it was found. */
export interface BuildProcess {
  readonly pid: number;
  readonly sha256: string;
  /** ISO 8601. */
  readonly since: string;
}

/** Who runs the build. */
export interface RunningBuild {
  readonly sha256: string;
  readonly service: BuildProcess;
  readonly worker: BuildProcess;
}

/**
 * Waits until the service and the worker of a stack run exactly that build, by the hash of their processes, and answer: what
 * `nitro wait --build` does.
 *
 * @param stack such as "alice"
 * @throws WaitForBuildError
 * @example await waitForBuild("alice", { build: "./payments" });
 */
export async function waitForBuild(stack: string, options: WaitForBuildOptions = {}): Promise<RunningBuild> {
  const { build, timeoutMs = 60_000, env = process.env } = options;
  const root = options.root ?? projectRoot(import.meta.dirname);
  if (root === undefined) throw new WaitForBuildError(noProjectRoot);
  const args = ["wait", "-s", stack, "--build", ...(build === undefined ? [] : [build]), "--timeout", String(timeoutMs / 1000), "--json"];
  const { code, problem, stdout, stderr, output } = await run(join(root, "nitro"), args, { env });
  if (code === 0) return JSON.parse(stdout) as RunningBuild;
  throw new WaitForBuildError(stderr.trim() || output.trim() || `nitro wait ended with exit code ${code}`, { cause: problem });
}
