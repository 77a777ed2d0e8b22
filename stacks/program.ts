import "./quick-start.ts";
import { trace } from "../cli/trace.ts";
import type { AwsLedger } from "../components/aws-ledger.ts";
import { policies } from "../policies/all.ts";
import type { StackContext } from "./context.ts";
import { type DeclaredOutputs, DeveloperStack } from "./developer.ts";
import { Guard } from "./guard.ts";
import { type PreparedStack, type PrepareOptions, prepareStack } from "./prepare.ts";

export interface ProgramOptions extends PrepareOptions {
  /** Called once everything that service and worker need is declared and answers. */
  readonly onNeighbours?: () => void;
}

/**
 * Declares the whole stack that Pulumi's engine is about to update: what index.ts does in a process of its own, and `nitro` in its own.
 * @param root the project's folder
 * @throws RunError with a message for the user, and nothing else
 */
export async function declareStack(root: string, options: ProgramOptions = {}): Promise<DeclaredOutputs> {
  const prepared = await prepareStack(root, options);
  trace(process.env, "program prepared");
  const awsLedger = await declareAwsLedger(prepared);
  const guard = new Guard(policies);
  const { context } = prepared;
  const healthy: StackContext["healthy"] = (...part) => guard.orFinding(context.healthy(...part));
  const args = { ...prepared, context: { ...context, healthy }, awsLedger };
  const { outputs, neighbours } = new DeveloperStack("nitro", args, { transformations: [guard.transformation] });
  // Their failure is the stack's own, and told there.
  neighbours.then(options.onNeighbours, () => {});
  await guard.open();
  trace(process.env, "policies kept");
  return outputs;
}

/** Where AWS refuses, nothing else has begun. */
async function declareAwsLedger({ context, aws }: PreparedStack): Promise<AwsLedger | undefined> {
  if (aws === undefined) return undefined;
  const { AwsLedger } = await import("../components/aws-ledger.ts");
  const guard = new Guard(policies);
  const ledger = new AwsLedger("ledger", { context, aws }, { transformations: [guard.transformation] });
  await guard.open();
  await guard.orFinding(ledger.ready);
  return ledger;
}
