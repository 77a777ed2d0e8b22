import type { Context } from "../../common/context.ts";
import { UserError } from "../../common/errors.ts";
import type { PayoutDesk } from "../../dashboard/payouts.ts";
import { authorizePayout } from "../../operators/payouts/authorize.ts";
import { retryPayout } from "../../operators/payouts/retry.ts";
import type { PayoutStack } from "../pay/connection.ts";
import { describeRetry } from "../pay/pay-retry.ts";
import { Payer } from "../pay/payer.ts";

/** How long an operator's authorizations may wait for answers to the other one's, in ms. */
const authorizeMs = 30_000;

/** What `nitro pay cancel`, `nitro pay retry` and `nitro operator authorize` do, for the page. */
export function payoutDesk(stack: PayoutStack, context: Context): PayoutDesk {
  const { redis, name, authorizing, serviceHost: host } = stack;
  const payer = new Payer(stack, context);
  const operators = stack.operators.map((each) => each.number);
  return {
    redis,
    authorizing,
    operators,

    async cancel(payoutId) {
      const { done, problem } = await payer.remove(payoutId);
      return [done, ...(problem === undefined ? [] : [problem])].join("; ");
    },

    async retry(payoutId) {
      await payer.payments(payoutId);
      const result = await retryPayout(redis, payoutId);
      if (result.expired === 0) return describeRetry(result);
      throw new UserError(
        `${result.expired} payments have authorizations of more than 30 days ago, which count no more`,
        `./nitro pay cancel ${payoutId} -s ${name}, and make the payout anew`,
      );
    },

    async authorize(payoutId, number) {
      const operator = stack.operators.find((each) => each.number === number);
      if (operator === undefined)
        throw new UserError(
          `there is no operator ${number}: there are ${operators.join(", ") || "none"}`,
          `./nitro operator authorize ${payoutId} -s ${name} --key FILE, with a key of your own`,
        );
      const { signer } = operator;
      const { put, before, held } = await authorizePayout(redis, { stack: name, payoutId, signer, host, timeoutMs: authorizeMs });
      const told = [`operator ${number} authorized ${put} payment${put === 1 ? "" : "s"}`];
      if (before > 0) told.push(`${before} before`);
      if (held > 0) told.push(`${held} wait for an answer to the other operator's authorization`);
      return told.join(", ");
    },
  };
}
