import type { Context } from "../../common/context.ts";
import { UsageError } from "../../common/errors.ts";
import type { StackOperator } from "../../operators/keys.ts";
import { readAuthorizations } from "../../operators/payouts/authorizations.ts";
import type { AuthorizeResult } from "../../operators/payouts/authorize.ts";
import { payoutRoles } from "../../operators/payouts/problem.ts";
import { waitingLines, waitingOf } from "../../operators/payouts/waiting.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { authorizeAs } from "../pay/authorize.ts";
import { type PayoutStack, withPayouts } from "../pay/connection.ts";
import { followPayout } from "../pay/follow.ts";
import { newsTimeoutOption } from "../pay/options.ts";
import { Payer } from "../pay/payer.ts";
import { authorizersOf, operatorNumbers, signingOptions } from "./who.ts";

const interruptedExitCode = 130;

export const command = declareCommand({
  arguments: { payout: { what: "the payout's id", help: "the payout's id, as `nitro pay ls` lists it" } },
  options: {
    ...stackOption,
    operator: { type: "string", words: operatorNumbers, multiple: true, help: "who authorizes, in this order; may be given twice" },
    key: { ...signingOptions.key, help: "authorize with this operator's key (PKCS#8 PEM) instead" },
    ...newsTimeoutOption,
    ...jsonOption,
  },
  notes: `Every prepared payment is authorized once; what the operator has authorized before is passed over. A payment waits for the answer to the other operator's
authorization: of two that meet the program would lose one. From then on the key-feeder leaves this payout to operators.`,
  examples: [
    ["nitro operator authorize -s alice PAYOUT --operator 1", "the first operator's authorizations; the payments stay prepared"],
    ["nitro operator authorize -s alice PAYOUT --operator 1 --operator 2", "one after the other: the payments are paid"],
  ],
  stopsCleanly: true,

  async run({ values, words: { payout } }, context) {
    if (values.operator.length === 0 && values.key === undefined) throw new UsageError("say who authorizes: --operator 1");
    return withPayouts(selectStack(values.stack, context.env), context, payoutRoles, async (stack) => {
      const authorizers = await authorizersOf(stack, values, context);
      const timeoutMs = values.timeout * 1_000;
      const results: (AuthorizeResult & { operator: number })[] = [];
      for (const operator of authorizers) {
        const result = await authorizeAs(stack, operator, payout, timeoutMs, context);
        results.push({ operator: operator.number, ...result });
        if (!values.json) context.stdout.write(`${describeAuthorization(operator, result)}\n`);
      }
      if (!(await answered(stack, payout, timeoutMs, context))) return interruptedExitCode;
      const waiting = await waitingOf(
        stack.redis,
        payout,
        stack.operators.map(({ keyId }) => keyId),
      );
      if (values.json) context.stdout.write(`${JSON.stringify({ payoutId: payout, authorizations: results, waiting }, null, 2)}\n`);
      else for (const line of waitingLines(waiting)) context.stdout.write(`${line}\n`);
      return 0;
    });
  },
});

/** Waits until the program has answered everything. @returns false where the user stopped that */
async function answered(stack: PayoutStack, payoutId: string, timeoutMs: number, context: Context): Promise<boolean> {
  let last = Infinity;
  const look = async () => {
    const { unanswered } = await readAuthorizations(stack.redis, payoutId);
    const news = unanswered.size < last;
    last = unanswered.size;
    return { shown: `${unanswered.size} authorizations without an answer`, news, done: unanswered.size === 0 ? true : undefined };
  };
  const payments = () => new Payer(stack, context).payments(payoutId);
  return (await followPayout(stack, context, { payoutId, timeoutMs, long: true, look, payments })) === true;
}

/** One line: what an operator has done. */
export function describeAuthorization({ number, name }: Pick<StackOperator, "number" | "name">, result: AuthorizeResult): string {
  const { payoutId, put, before, prepared, requests } = result;
  const done =
    put === 0 && before > 0 ? "has authorized everything that is prepared before" : `authorized ${put} payment${put === 1 ? "" : "s"}`;
  const open = requests - prepared;
  const rest = [...(put > 0 && before > 0 ? [`${before} before`] : []), ...(open === 0 ? [] : [`${open} are not prepared yet`])];
  return `payout ${payoutId}: operator ${number} (${name}) ${[done, ...rest].join(", ")}`;
}
