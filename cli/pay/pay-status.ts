import { declareCommand } from "../core/command.ts";
import { jsonOption, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { withPayouts } from "./connection.ts";
import { Payer } from "./payer.ts";

export const command = declareCommand({
  unread: "end",
  arguments: { payout: { what: "the payout's id", help: "the payout's id, as `nitro pay` tells it" } },
  options: {
    ...stackOption,
    watch: { type: "boolean", help: "follow it until every payment is paid or failed; Ctrl-C ends that" },
    ...jsonOption,
  },
  notes: "Exit code 0 where every payment ended in the state it should, 1 otherwise.",
  stopsCleanly: true,

  async run({ values, words: { payout } }, context) {
    const stack = selectStack(values.stack, context.env);
    return withPayouts(stack, context, ["redis"], async (connected) => {
      const payer = new Payer(connected, context);
      return values.watch ? payer.watch(payout, values.json) : payer.status(payout, values.json);
    });
  },
});
