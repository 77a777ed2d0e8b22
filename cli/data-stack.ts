import type { Context } from "../common/context.ts";
import { UserError } from "../common/errors.ts";
import type { DataStack } from "../data/reset.ts";
import { Engine } from "../docker/engine.ts";
import { stackNames } from "../model/names.ts";
import { partsOf } from "../model/parts.ts";
import { s3Client } from "../testing/clients.ts";
import { withLedger } from "./ledger/target.ts";
import { withPayouts } from "./pay/connection.ts";

/**
 * Looks at a stack whose Redis, LocalStack and ledger run, and does something with its data.
 * @param wantsLedger it cannot be done without a ledger of the stack's own
 * @throws UserError where one of these parts does not run
 */
export async function withDataStack<T>(
  name: string,
  context: Context,
  wantsLedger: boolean,
  use: (stack: DataStack) => Promise<T>,
): Promise<T> {
  const engine = Engine.connect(context.env);
  const hasLedger = partsOf((await engine.inspect(stackNames(name).containers.service))?.labels).includes("ledger");
  if (wantsLedger && !hasLedger)
    throw new UserError(
      `the ledger of stack "${name}" is at AWS (ledger mode aws): nothing of it is emptied or copied here`,
      `the other parts alone: ./nitro reset redis -s ${name}`,
    );
  return withPayouts(name, context, hasLedger ? ["redis", "localstack", "ledger"] : ["redis", "localstack"], async (stack) => {
    const s3 = s3Client(stack.outputs);
    const { redis } = stack;
    const parts = { name, engine, redis, s3, localstackUrl: stack.outputs.localstackUrl };
    try {
      if (!hasLedger) return await use({ ...parts, ledger: undefined });
      return await withLedger({ stack: name }, context, ({ http }) => use({ ...parts, ledger: http }));
    } finally {
      s3.destroy();
    }
  });
}
