import { declareCommand } from "../core/command.ts";
import { stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { withPayouts } from "./connection.ts";
import { Payer } from "./payer.ts";

export const command = declareCommand({
  arguments: { payout: { what: "the payout's id", help: "the payout's id, as `nitro pay ls` lists it" } },
  options: stackOption,
  notes:
    "Its messages, orders, answers and authorizations are removed; what the ledger holds of its payments stays. A payout that has come to its end is left alone.",

  async run({ values, words: { payout } }, context) {
    const stack = selectStack(values.stack, context.env);
    return withPayouts(stack, context, ["redis"], (connected) => new Payer(connected, context).cancel(payout));
  },
});
