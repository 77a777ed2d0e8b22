import type { Context } from "../../common/context.ts";
import type { FaultStack } from "../../data/faults.ts";
import { stackNames } from "../../model/names.ts";
import { withStack } from "../connection.ts";
import { withLedger } from "../ledger/target.ts";

/** Looks at a stack whose parts may not answer, and does something with their faults. @throws UserError where the stack is not up */
export async function withFaultStack<T>(name: string, context: Context, use: (stack: FaultStack) => Promise<T>): Promise<T> {
  return withStack(name, context, [], async ({ engine, outputs }) => {
    const stack = { name, engine, root: context.root, redisPassword: new URL(outputs.redisUrl).password };
    const ledger = await engine.inspect(stackNames(name).containers.ledger);
    if (ledger?.status !== "running") return use(stack);
    return withLedger({ stack: name }, context, ({ http }) => use({ ...stack, ledger: http }));
  });
}
