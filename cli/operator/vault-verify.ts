import { verifyVault } from "../../operators/ceremony.ts";
import { withStack } from "../connection.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { wholeNumber } from "../core/values.ts";
import { describeVault } from "./vault-create.ts";
import { callerOf, signingOptions } from "./who.ts";

export const command = declareCommand({
  arguments: { vault: { placeholder: "PUBLIC-KEY", what: "the vault's public key", help: "the vault's public key, age1…" } },
  options: {
    ...stackOption,
    ...signingOptions,
    threshold: { type: "string", placeholder: "N", default: "2", read: wholeNumber(2, 255), help: "so many shares should make the key" },
    ...jsonOption,
  },
  notes: "Asks the service whether its ledger has that vault, with that threshold and for today's operators.",

  async run({ values, words: { vault: publicKey } }, context) {
    const vault = await withStack(selectStack(values.stack, context.env), context, ["service"], async (stack) =>
      verifyVault(await callerOf(stack, values, context), { publicKey, threshold: values.threshold }),
    );
    const { shares: _, ...known } = vault;
    context.stdout.write(values.json ? `${JSON.stringify(known, null, 2)}\n` : describeVault(vault));
    return 0;
  },
});
