import { UsageError } from "../../common/errors.ts";
import { removeShare } from "../../operators/shares.ts";
import { withStack } from "../connection.ts";
import { declareCommand } from "../core/command.ts";
import { stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { countedShares, mustBeManual, shareOptions, withShares } from "./share-bucket.ts";
import { operatorNumbered } from "./who.ts";

export const command = declareCommand({
  options: { ...stackOption, ...shareOptions },
  notes: "A service that is unsealed stays so until its next start. Under bootstrap auto shares are the key-feeder's to keep.",

  async run({ values }, context) {
    const { operator } = values;
    if (operator === undefined) throw new UsageError("say whose share: --operator 1");
    return withStack(selectStack(values.stack, context.env), context, ["localstack"], async (stack) => {
      await mustBeManual(stack);
      return withShares(stack, async (shares) => {
        const holder = operatorNumbered(stack, operator);
        const there = await removeShare(shares, holder);
        const { text } = await countedShares(shares, stack);
        context.stdout.write(`the share of operator ${operator} (${holder.name}) ${there ? "is taken away" : "was not there"}: ${text}\n`);
        return 0;
      });
    });
  },
});
