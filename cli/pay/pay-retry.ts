import { UserError } from "../../common/errors.ts";
import { type RetryResult, retryPayout } from "../../operators/payouts/retry.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { withPayouts } from "./connection.ts";
import { Payer } from "./payer.ts";

export const command = declareCommand({
  arguments: { payout: { what: "the payout's id", help: "the payout's id, as `nitro pay ls` lists it" } },
  options: { ...stackOption, ...jsonOption },
  notes: `Requests that wait for their time are tried at once; orders that the worker has lost are put again; a payment that both operators have authorized and that
is neither paid nor failed gets their authorizations once more, which changes nothing where they count already.`,

  async run({ values, words: { payout } }, context) {
    const stack = selectStack(values.stack, context.env);
    const result = await withPayouts(stack, context, ["redis"], async (connected) => {
      await new Payer(connected, context).payments(payout);
      return retryPayout(connected.redis, payout);
    });
    context.stdout.write(
      values.json ? `${JSON.stringify({ payoutId: payout, ...result }, null, 2)}\n` : `payout ${payout}: ${describeRetry(result)}\n`,
    );
    if (result.expired === 0) return 0;
    throw new UserError(
      `${result.expired} payments have authorizations of more than 30 days ago, which count no more`,
      `./nitro pay cancel ${payout} -s ${stack}, and make the payout anew`,
    );
  },
});

/** What was done, in a few words. */
export function describeRetry({ released, ordered, resent }: RetryResult): string {
  const done = [
    ...(released === 0 ? [] : [`${released} put-off request${released === 1 ? " is" : "s are"} tried now`]),
    ...ordered.map((kind) => `the order to ${kind} was put again`),
    ...(resent === 0 ? [] : [`the authorizations of ${resent} payment${resent === 1 ? "" : "s"} were sent again`]),
  ];
  return done.join(", ") || "there is nothing to try again";
}
