import { mustBeKnown } from "../automation/lost-state.ts";
import { Stack } from "../automation/stack.ts";
import { table } from "../common/table.ts";
import { declareCommand } from "./core/command.ts";
import { jsonOption, stackOption } from "./core/declaration.ts";
import { selectStack } from "./core/selection.ts";

export const command = declareCommand({
  unread: "end",
  options: {
    ...stackOption,
    ...jsonOption,
    "show-secrets": { type: "boolean", help: "secrets as they are; they appear as [secret] otherwise" },
  },

  async run({ values }, context) {
    const stack = new Stack(selectStack(values.stack, context.env), context);
    await mustBeKnown(stack, context);
    const outputs = await stack.outputs(values["show-secrets"]);
    context.stdout.write(values.json ? `${JSON.stringify(outputs, null, 2)}\n` : table(["output", "value"], outputRows(outputs)));
    return 0;
  },
});

/** One row for each value, nested ones by their path: `ports.redis`. */
export function outputRows(outputs: Readonly<Record<string, unknown>>, prefix = ""): string[][] {
  return Object.entries(outputs).flatMap(([name, value]) => {
    const path = prefix + name;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return outputRows({ ...value }, `${path}.`);
    return [[path, shown(value)]];
  });
}

/** A value in one line. */
function shown(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value);
  const [first = "", ...more] = value.trimEnd().split("\n");
  return more.length === 0 ? value : `${first} … (whole: --json)`;
}
