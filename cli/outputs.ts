import { Stack } from "../automation/stack.ts";
import type { Context } from "../common/context.ts";
import { UserError } from "../common/errors.ts";
import { table } from "../common/table.ts";
import { type Command, parseArguments, stackOption } from "./core/command.ts";
import { selectStack } from "./core/selection.ts";

export const command: Command = {
  summary: "What the stack tells its users: addresses, names, executables",
  usage: `nitro outputs [-s STACK] [--json] [--show-secrets]

Secrets appear as [secret] unless asked for.`,

  async run(args: string[], context: Context): Promise<number> {
    const { values } = parseArguments(args, { ...stackOption, json: { type: "boolean" }, "show-secrets": { type: "boolean" } });
    const stack = new Stack(selectStack(values.stack, context.env), context);
    if ((await stack.state()) === undefined) throw new UserError(`there is no stack "${stack.name}"`, `./nitro up -s ${stack.name}`);
    const outputs = await stack.outputs(values["show-secrets"] === true);
    context.stdout.write(values.json === true ? `${JSON.stringify(outputs, null, 2)}\n` : table(["output", "value"], outputRows(outputs)));
    return 0;
  },
};

/** One row for each value, nested ones by their path: `ports.redis`. */
export function outputRows(outputs: Readonly<Record<string, unknown>>, prefix = ""): string[][] {
  return Object.entries(outputs).flatMap(([name, value]) => {
    const path = prefix + name;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return outputRows({ ...value }, `${path}.`);
    return [[path, typeof value === "string" ? value : JSON.stringify(value)]];
  });
}
