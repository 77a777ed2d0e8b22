import { errorCode, UserError } from "../common/errors.ts";
import { run } from "../common/process.ts";
import type { StackOutputs } from "../model/outputs.ts";
import { pulumiEnvironment } from "../toolchain/environment.ts";
import { noProjectRoot, projectRoot } from "./project-root.ts";

export interface StackOutputsOptions {
  /** The folder of this project's Pulumi.yaml; by default the one this package lies in. */
  readonly root?: string;
  /** By default the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
}

/** The stack is not there, not up, or pulumi cannot say; the message names the command that mends it. */
export class StackOutputsError extends UserError {
  override readonly name = "StackOutputsError";
}

/**
 * Reads what a stack tells its users, secrets in plain text.
 *
 * @param stack such as "alice"
 * @throws StackOutputsError
 * @example const { serviceUrl } = await stackOutputs("alice");
 */
export async function stackOutputs(stack: string, options: StackOutputsOptions = {}): Promise<StackOutputs> {
  const env = options.env ?? process.env;
  const cwd = options.root ?? projectRoot(import.meta.dirname);
  if (cwd === undefined) throw new StackOutputsError(noProjectRoot);
  const text = await runPulumi(["stack", "output", "--json", "--show-secrets", "--non-interactive", "--stack", stack], stack, cwd, env);
  return checkOutputs(stack, JSON.parse(text));
}

/** @throws StackOutputsError where outputs are missing: the stack exists and is not up */
export function checkOutputs(stack: string, value: unknown): StackOutputs {
  const has = typeof value === "object" && value !== null ? value : {};
  const missing = wanted.filter((name) => !(name in has));
  if (missing.length === 0) return has as StackOutputs;
  throw new StackOutputsError(`stack "${stack}" is not up: it has no ${missing.join(", ")}; run: ./nitro up -s ${stack}`);
}

const wanted = ["serviceUrl", "redisUrl", "localstackUrl", "ledgerName", "buckets", "payout", "ports", "service", "worker"] as const;

async function runPulumi(args: readonly string[], stack: string, cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { code, problem, stdout, stderr } = await run("pulumi", args, { cwd, env: { ...env, ...pulumiEnvironment(env) } });
  if (code === 0) return stdout;
  throw new StackOutputsError(explainMissing(stack, errorCode(problem) ?? code, stderr), undefined, { cause: problem });
}

/**
 * @param code of the failed call: ENOENT where there is no pulumi, else its exit code
 * @param stderr what it said
 */
export function explainMissing(stack: string, code: number | string | null | undefined, stderr: string): string {
  if (code === "ENOENT") return "there is no pulumi on this machine yet; run: ./nitro setup";
  if (/no stack named/.test(stderr)) return `there is no stack "${stack}"; run: ./nitro up -s ${stack}`;
  return `the outputs of stack "${stack}" cannot be read: ${stderr.trim() || `pulumi ended with ${code}`}`;
}
