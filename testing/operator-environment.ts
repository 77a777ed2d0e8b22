import { join } from "node:path";
import { run } from "../common/process.ts";
import { noProjectRoot, projectRoot } from "./project-root.ts";

export interface OperatorEnvironmentOptions {
  /** 1 or 2; 1 by default. */
  readonly operator?: number;
  /** The folder of this project's Pulumi.yaml; by default the one this package lies in. */
  readonly root?: string;
  /** By default the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
}

/** The stack is not there, or not up; the message names the command that mends it. */
export class OperatorEnvironmentError extends Error {
  override readonly name = "OperatorEnvironmentError";
}

/**
 * What an operator's own tools need, as environment variables, with the operator's key and encrypted share in files: what
 * `nitro operator env` does.
 *
 * @param stack such as "alice"
 * @throws OperatorEnvironmentError
 * @example spawn("authorize", ["-p", payoutId], { env: { ...process.env, ...(await operatorEnvironment("alice", { operator: 2 })) } });
 */
export async function operatorEnvironment(stack: string, options: OperatorEnvironmentOptions = {}): Promise<Record<string, string>> {
  const { operator = 1, env = process.env } = options;
  const root = options.root ?? projectRoot(import.meta.dirname);
  if (root === undefined) throw new OperatorEnvironmentError(noProjectRoot);
  const args = ["operator", "env", "-s", stack, "--operator", String(operator), "--json"];
  const { code, problem, stdout, stderr } = await run(join(root, "nitro"), args, { env });
  if (code === 0) return JSON.parse(stdout) as Record<string, string>;
  throw new OperatorEnvironmentError(stderr.trim() || `nitro operator env ended with exit code ${code}`, { cause: problem });
}
