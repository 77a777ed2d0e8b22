import "./quick-start.ts";
import { trace } from "../cli/trace.ts";
import { type DeclaredOutputs, DeveloperStack } from "./developer.ts";
import { prepareStack } from "./prepare.ts";

/**
 * Declares the whole stack that Pulumi's engine is about to update: what index.ts does in a process of its own, and `nitro` in its own.
 * @param root the project's folder
 * @throws RunError with a message for the user, and nothing else
 */
export async function declareStack(root: string): Promise<DeclaredOutputs> {
  const prepared = await prepareStack(root);
  trace(process.env, "program prepared");
  return new DeveloperStack("nitro", prepared).outputs;
}
