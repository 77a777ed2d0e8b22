import { shellQuoted } from "../common/shell.ts";
import { pulumiEnvironment } from "../toolchain/environment.ts";
import { declareCommand } from "./core/command.ts";
import { jsonOption } from "./core/declaration.ts";

export const command = declareCommand({
  unread: "end",
  options: jsonOption,
  notes: `  eval "$(./nitro env)"   # then: pulumi up -s alice, pulumi preview, pulumi destroy`,

  async run({ values }, context) {
    const variables = pulumiEnvironment(context.env);
    context.stdout.write(values.json ? `${JSON.stringify(variables, null, 2)}\n` : exports(variables));
    return 0;
  },
});

/** @returns lines for a POSIX shell: `export NAME='value'` */
export function exports(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}=${shellQuoted(value)}\n`)
    .join("");
}
