import "./quick-start.ts";
import * as pulumi from "@pulumi/pulumi";
import { trace } from "../common/trace.ts";
import type { AwsLedger } from "../components/aws-ledger.ts";
import type { StackContext } from "../components/context.ts";
import { policies } from "../policies/all.ts";
import type { Declared } from "../policies/policy.ts";
import { prepareBlueprint } from "./blueprint.ts";
import { type DeclaredOutputs, DeveloperStack } from "./developer.ts";
import { Guard, observer } from "./guard.ts";
import { type PreparedStack, type PrepareOptions, prepareStack } from "./prepare.ts";

/** What `nitro` decides when it runs the program in its own process; plain pulumi decides nothing. */
export interface ProgramOptions extends PrepareOptions {
  /** Called as pulumi runs the program: it has read the stack's state by then. */
  readonly onRun?: () => void;
  /** Called once everything that service and worker need is declared and answers. */
  readonly onOthersReady?: () => void;
  /** Declares what settings and sources say, with placeholders for everything of this machine; see blueprint.ts. For previews. */
  readonly blueprint?: boolean;
  /** Gets every resource in place of the policies, which then stop nothing. For previews, which report what all of them find. */
  readonly onResource?: (declared: Promise<Declared>) => void;
}

/**
 * Declares the whole stack that Pulumi's engine is about to update: what index.ts does in a process of its own, and `nitro` in its own.
 * @param root the project's folder
 * @throws RunError with a message for the user, and nothing else
 */
export async function declareStack(root: string, options: ProgramOptions = {}): Promise<DeclaredOutputs> {
  const prepared = options.blueprint === true ? await prepareBlueprint(root, options) : await prepareStack(root, options);
  trace(process.env, "program prepared");
  if (options.onResource !== undefined && pulumi.runtime.isDryRun()) return declareObserved(prepared, observer(options.onResource));
  const awsLedger = await declareAwsLedger(prepared);
  const guard = new Guard(policies);
  const { context } = prepared;
  const healthy: StackContext["healthy"] = (...part) => guard.orFinding(context.healthy(...part));
  const args = { ...prepared, context: { ...context, healthy }, awsLedger };
  withoutParent(prepared, guard.transformation);
  const { outputs, neighbours, declared } = new DeveloperStack("nitro", args, { transformations: [guard.transformation] });
  prepared.neighbours?.(neighbours);
  // Their failure is the stack's own, and told there.
  neighbours.then(options.onOthersReady, () => {});
  await extrasDeclared(prepared, guard, declared);
  await guard.open();
  trace(process.env, "policies kept");
  return outputs;
}

/** What a team declares may have no parent: it is held to the policies all the same. */
function withoutParent({ extras }: PreparedStack, transformation: pulumi.ResourceTransformation): void {
  if (extras !== undefined) pulumi.runtime.registerStackTransformation(transformation);
}

/** Where a team's own parts are wrong, nothing has begun. */
async function extrasDeclared({ extras, checkDeclared }: PreparedStack, guard: Guard, declared: Promise<void>): Promise<void> {
  if (extras === undefined) return;
  try {
    await declared;
    await checkDeclared?.(await guard.resources());
  } catch (error) {
    guard.refuse(error);
    throw error;
  }
}

/** Where AWS refuses, nothing else has begun. */
async function declareAwsLedger(prepared: PreparedStack): Promise<AwsLedger | undefined> {
  const guard = new Guard(policies);
  const ledger = await createAwsLedger(prepared, guard.transformation);
  if (ledger === undefined) return undefined;
  await guard.open();
  await guard.orFinding(ledger.ready);
  return ledger;
}

async function declareObserved(prepared: PreparedStack, see: pulumi.ResourceTransformation): Promise<DeclaredOutputs> {
  const awsLedger = await createAwsLedger(prepared, see);
  withoutParent(prepared, see);
  const { outputs, declared } = new DeveloperStack("nitro", { ...prepared, awsLedger }, { transformations: [see] });
  await declared;
  return outputs;
}

async function createAwsLedger({ context, aws }: PreparedStack, transformation: pulumi.ResourceTransformation) {
  if (aws === undefined) return undefined;
  const { AwsLedger } = await import("../components/aws-ledger.ts");
  return new AwsLedger("ledger", { context, aws }, { transformations: [transformation] });
}
