import { approveAddress } from "../../operators/ceremony.ts";
import { withStack } from "../connection.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { callerOf, signingOptions } from "./who.ts";

export const command = declareCommand({
  arguments: { address: { what: "the address", help: "the address, as the service made it" } },
  options: { ...stackOption, ...signingOptions, ...jsonOption },
  notes: "An operator counts once: approving again changes nothing.",

  async run({ values, words }, context) {
    const { address, operators } = await withStack(selectStack(values.stack, context.env), context, ["service"], async (stack) => ({
      address: await approveAddress(await callerOf(stack, values, context), words.address),
      operators: stack.operators,
    }));
    const names = address.approvals.map((keyId) => operators.find((operator) => operator.keyId === keyId)?.name ?? keyId);
    context.stdout.write(
      values.json
        ? `${JSON.stringify(address, null, 2)}\n`
        : `address ${address.publicKey}: approved by ${names.join(" and ") || "nobody"}\n`,
    );
    return 0;
  },
});
