import { mustBeKnown } from "../automation/lost-state.ts";
import { Stack } from "../automation/stack.ts";
import { UserError } from "../common/errors.ts";
import { suggestion } from "../common/nearest.ts";
import { table } from "../common/table.ts";
import { outputNames } from "../model/outputs.ts";
import { declareCommand } from "./core/command.ts";
import { jsonOption, stackOption } from "./core/declaration.ts";
import { selectStack } from "./core/selection.ts";
import { anyText } from "./core/values.ts";

export const command = declareCommand({
  unread: "end",
  arguments: {
    output: {
      placeholder: "NAME",
      words: outputNames,
      read: anyText,
      optional: true,
      help: "only the value of this one, for scripts: a text as it is, anything else as JSON; a part of one is named by its path",
    },
  },
  options: {
    ...stackOption,
    ...jsonOption,
    "show-secrets": { type: "boolean", help: "secrets as they are; they appear as [secret] otherwise" },
  },
  examples: [
    ["nitro outputs -s alice", "all of them"],
    ["nitro outputs serviceUrl -s alice", "an address, and nothing else"],
    ["nitro outputs ports.redis -s alice", "a part of one"],
  ],

  async run({ values, words: { output } }, context) {
    const stack = new Stack(selectStack(values.stack, context.env), context);
    await mustBeKnown(stack, context);
    const outputs = await stack.outputs(values["show-secrets"]);
    if (output !== undefined) context.stdout.write(valueText(outputNamed(outputs, output, stack.name), values.json));
    else context.stdout.write(values.json ? valueText(outputs, true) : table(["output", "value"], outputRows(outputs)));
    return 0;
  },
});

/** What pulumi prints in place of a secret. */
const hidden = "[secret]";

/**
 * The output of a name, or the part of one that a path names: `ports.redis`, as the table has it.
 * @throws UserError where there is none, or it is secret and was not asked for
 */
export function outputNamed(outputs: Readonly<Record<string, unknown>>, name: string, stack: string): unknown {
  let value: unknown = outputs;
  for (const key of name.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) throw noOutput(outputs, name, stack);
    value = Reflect.get(value, key);
    if (value === hidden)
      throw new UserError(`output "${name}" of stack "${stack}" is secret`, `./nitro outputs ${name} -s ${stack} --show-secrets`);
  }
  return value;
}

function noOutput(outputs: Readonly<Record<string, unknown>>, name: string, stack: string): UserError {
  const names = Object.keys(outputs);
  if (names.length === 0) return new UserError(`stack "${stack}" has no outputs: it is not up`, `./nitro up -s ${stack}`);
  const paths = outputRows(outputs).flatMap(([path = ""]) => path);
  return new UserError(
    `stack "${stack}" has no output "${name}"${suggestion(name, [...new Set([...names, ...paths])])}`,
    `there are ${names.join(", ")}`,
  );
}

/** A value for a script. @param json false: a text is printed as it is */
export function valueText(value: unknown, json: boolean): string {
  if (typeof value !== "string" || json) return `${JSON.stringify(value, null, 2)}\n`;
  return value.endsWith("\n") ? value : `${value}\n`;
}

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
