import { stackStatus } from "../../automation/status.ts";
import { waitUntilUnsealed } from "../../automation/unseal.ts";
import type { Context } from "../../common/context.ts";
import { UsageError } from "../../common/errors.ts";
import { Progress } from "../../common/progress.ts";
import { neededShares } from "../../key-feeder/contract.ts";
import { stackNames } from "../../model/names.ts";
import { putShare } from "../../operators/shares.ts";
import { type ConnectedStack, withStack } from "../connection.ts";
import { declareCommand } from "../core/command.ts";
import { stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { countedShares, shareOptions, withShares } from "./share-bucket.ts";
import { operatorNumbered } from "./who.ts";

export const command = declareCommand({
  options: {
    ...stackOption,
    ...shareOptions,
    "no-restart": { type: "boolean", help: "leave the service alone: it looks for shares once a minute" },
  },
  notes:
    "With the last share that is needed a service that is still sealed is restarted, since it would look only a minute later; that costs it nothing.",
  examples: [["nitro operator share put -s alice --operator 1", "the first operator's share; the service needs both"]],
  stopsCleanly: true,

  async run({ values }, context) {
    const { operator } = values;
    if (operator === undefined) throw new UsageError("say whose share: --operator 1");
    return withStack(selectStack(values.stack, context.env), context, ["localstack"], (stack) =>
      withShares(stack, async (shares) => {
        const holder = operatorNumbered(stack, operator);
        const fresh = await putShare(shares, holder);
        const { own, text } = await countedShares(shares, stack);
        context.stdout.write(`the share of operator ${operator} (${holder.name}) ${fresh ? "is put" : "is there already"}: ${text}\n`);
        if (own >= neededShares && !values["no-restart"]) await unseal(stack, context);
        return 0;
      }),
    );
  },
});

/** A service that runs and is sealed looks at once when it is started anew. */
async function unseal({ name, engine }: ConnectedStack, context: Context): Promise<void> {
  const { sealed, parts } = await stackStatus(engine, name, context);
  const runs = parts.some(({ role, state }) => role === "service" && state === "running");
  if (!runs) return;
  if (sealed) {
    await engine.restart(stackNames(name).containers.service, { graceSeconds: 1 });
    await waitUntilUnsealed(engine, name, new Progress(context.stderr), context);
  }
  context.stdout.write(`the service of stack ${name} is unsealed\n`);
}
