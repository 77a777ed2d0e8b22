import { StackSnapshots } from "../../data/snapshots.ts";
import { declareCommand } from "../core/command.ts";
import { stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { nameArgument } from "./name.ts";

export const command = declareCommand({
  arguments: nameArgument,
  options: stackOption,

  async run({ values, words: { name } }, context) {
    const stack = selectStack(values.stack, context.env);
    await new StackSnapshots(context.root, stack).remove(name);
    context.stdout.write(`snapshot ${name} of stack ${stack} is removed\n`);
    return 0;
  },
});
