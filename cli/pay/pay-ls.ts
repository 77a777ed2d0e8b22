import { readPayouts } from "../../operators/payouts/register.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { withPayouts } from "./connection.ts";
import { payoutTable } from "./report.ts";

export const command = declareCommand({
  unread: "end",
  options: { ...stackOption, ...jsonOption },
  notes: `worker: prepare or submit, it is at the payout; queued, it is not yet; idle, it has done what was ordered; untold, the payout's report is not
wholly there: nitro pay prepare with the same report goes on.`,

  async run({ values }, context) {
    const stack = selectStack(values.stack, context.env);
    const payouts = await withPayouts(stack, context, ["redis"], ({ redis }) => readPayouts(redis));
    context.stdout.write(values.json ? `${JSON.stringify(payouts, null, 2)}\n` : payoutTable(payouts, stack));
    return 0;
  },
});
