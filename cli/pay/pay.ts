import type { Context } from "../../common/context.ts";
import { UsageError } from "../../common/errors.ts";
import { type Command, oneOf, parseArguments, stackOption } from "../core/command.ts";
import { selectStack } from "../core/selection.ts";
import { Payer } from "./payer.ts";

const options = {
  ...stackOption,
  count: { type: "string" },
  custodian: { type: "string" },
  amount: { type: "string" },
  authorization: { type: "string" },
  timeout: { type: "string" },
  json: { type: "boolean" },
} as const;

export const command: Command = {
  summary: "Make a payout and follow it until every payment is paid",
  usage: `nitro pay [-s STACK] [--count N] [--custodian NAME] [--amount DECIMAL] [--authorization manual] [--timeout S] [--json]
       nitro pay status PAYOUT [-s STACK] [--json]

  --count N               payments, 1 to 10000 (default 1)
  --custodian NAME        dryrun-happypath (default), dryrun-prepare-fails, dryrun-authorize-fails, dryrun-pay-fails, or one of your executable
  --amount DECIMAL        of each payment, in BAT (default 1.5)
  --authorization manual  leave this payout to a person: it ends prepared
  --timeout S             give up after so many seconds without news (default 90)

Exit code 0 where every payment ends in the state it should, 1 otherwise. Ctrl-C stops following, not the payout.`,
  stopsCleanly: true,

  async run(args: string[], context: Context): Promise<number> {
    const { values, positionals } = parseArguments(args, options, 2);
    const [word, payoutId] = positionals;
    if (word !== undefined && word !== "status") throw new UsageError(`unexpected argument "${word}"`);
    if (word === "status" && payoutId === undefined) throw new UsageError("the payout's id is missing");
    const report = { count: integer("--count", values.count ?? "1", 10_000), amount: amount(values.amount ?? "1.5") };
    const timeoutMs = integer("--timeout", values.timeout ?? "90", 86_400) * 1_000;
    const manual = oneOf("--authorization", values.authorization, ["auto", "manual"]) === "manual";
    const payer = await Payer.connect(selectStack(values.stack, context.env), context);
    try {
      if (payoutId !== undefined) return await payer.status(payoutId, values.json === true);
      return await payer.pay({
        ...report,
        custodian: values.custodian ?? "dryrun-happypath",
        manual,
        timeoutMs,
        json: values.json === true,
      });
    } finally {
      payer.close();
    }
  },
};

function integer(option: string, text: string, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > max)
    throw new UsageError(`${option} is "${text}": allowed are whole numbers from 1 to ${max}`);
  return value;
}

function amount(text: string): string {
  if (!/^\d+(\.\d+)?$/.test(text) || Number(text) <= 0)
    throw new UsageError(`--amount is "${text}": allowed are decimals above 0, such as 3.27`);
  return text;
}
