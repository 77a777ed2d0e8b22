import type { Context } from "../common/context.ts";
import { pulumiEnvironment } from "../toolchain/environment.ts";
import { type Command, parseArguments } from "./core/command.ts";

export const command: Command = {
  summary: "Print what plain pulumi needs",
  usage: `nitro env [--json]

  eval "$(./nitro env)"   # then: pulumi up -s alice, pulumi preview, pulumi destroy`,

  async run(args: string[], context: Context): Promise<number> {
    const { values } = parseArguments(args, { json: { type: "boolean" } });
    const variables = pulumiEnvironment(context.env);
    context.stdout.write(values.json === true ? `${JSON.stringify(variables, null, 2)}\n` : exports(variables));
    return 0;
  },
};

/** @returns lines for a POSIX shell: `export NAME='value'` */
export function exports(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}=${quoted(value)}\n`)
    .join("");
}

/** Inside single quotes a shell takes every character as it is; a quote itself ends them, is escaped and begins them anew. */
function quoted(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
