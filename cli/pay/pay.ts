import { UsageError, UserError } from "../../common/errors.ts";
import { takesCustodian } from "../../model/program-settings.ts";
import { payoutRoles } from "../../operators/payouts/problem.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { anyText, wholeNumber } from "../core/values.ts";
import { withPayouts } from "./connection.ts";
import { newsTimeoutOption } from "./options.ts";
import { Payer } from "./payer.ts";

const custodians = ["dryrun-happypath", "dryrun-prepare-fails", "dryrun-authorize-fails", "dryrun-pay-fails"] as const;

export const command = declareCommand({
  options: {
    ...stackOption,
    count: { type: "string", placeholder: "N", default: "1", read: wholeNumber(1, 10_000), help: "payments, 1 to 10000" },
    custodian: {
      type: "string",
      placeholder: "NAME",
      words: custodians,
      read: anyText,
      help: `${custodians.join(", ")}, or one of your executable; by default nitro:payout.custodian`,
    },
    amount: { type: "string", placeholder: "DECIMAL", default: "1.5", read: amount, help: "of each payment, in nitro:payout.currency" },
    authorization: {
      type: "string",
      words: ["auto", "manual"],
      help: "for this payout alone. auto: as both operators; manual: left to people, it ends prepared",
    },
    ...newsTimeoutOption,
    ...jsonOption,
  },
  notes: "Exit code 0 where every payment ends in the state it should, 1 otherwise. Ctrl-C stops following, not the payout.",
  examples: [
    ["nitro pay -s alice --count 20", "twenty payments, from prepared to paid"],
    ["nitro pay -s alice --custodian dryrun-pay-fails", "a payment that cannot be paid; nitro pay cancel PAYOUT removes it"],
  ],
  stopsCleanly: true,

  async run({ values }, context) {
    const { count, amount, authorization, timeout, json } = values;
    return withPayouts(selectStack(values.stack, context.env), context, payoutRoles, (stack) => {
      const custodian = values.custodian ?? stack.payout.custodian;
      mustBeTaken(custodian, stack.payout.custodians, stack.name);
      return new Payer(stack, context).pay({
        count,
        custodian,
        amount,
        authorization,
        timeoutMs: timeout * 1_000,
        json,
      });
    });
  },
});

/** A payment that the executable refuses would be tried for ever. @throws UserError */
function mustBeTaken(custodian: string, custodians: readonly string[], stack: string): void {
  if (takesCustodian(custodians, custodian)) return;
  throw new UserError(
    `custodian ${custodian} is not among those of nitro:payout.custodians (${custodians.join(", ")}); no payout was made`,
    `take one of them, or add it: pulumi config set --stack ${stack} --path 'nitro:payout.custodians[${custodians.length}]' ${custodian}`,
  );
}

function amount(text: string): string {
  if (!/^\d+(\.\d+)?$/.test(text) || Number(text) <= 0)
    throw new UsageError(`--amount is "${text}": allowed are decimals above 0, such as 3.27`);
  return text;
}
