import { endFaults, faultParts } from "../../data/faults.ts";
import { declareCommand } from "../core/command.ts";
import { stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { withFaultStack } from "./connection.ts";

export const command = declareCommand({
  arguments: { parts: { words: faultParts, multiple: true, what: "the part", help: "of these parts (default: of all)" } },
  options: stackOption,

  async run({ values, words: { parts } }, context) {
    const name = selectStack(values.stack, context.env);
    const wanted = parts.length === 0 ? faultParts : [...new Set(parts)];
    await withFaultStack(name, context, (stack) => endFaults(stack, wanted));
    context.stdout.write(`${wanted.join(", ")}: no fault any more\n`);
    return 0;
  },
});
