import { table } from "../../common/table.ts";
import { withStack } from "../connection.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";

export const command = declareCommand({
  options: { ...stackOption, ...jsonOption },
  notes: "Public keys alone are shown; nitro operator env writes the private ones to files. The key id is what a signature names.",

  async run({ values }, context) {
    const keys = await withStack(selectStack(values.stack, context.env), context, [], async ({ operators }) =>
      operators.map(({ number, name, keyId, publicKey }) => ({ operator: number, name, keyId, publicKey })),
    );
    const rows = keys.map(({ operator, name, keyId, publicKey }) => [String(operator), name, keyId, publicKey]);
    context.stdout.write(values.json ? `${JSON.stringify(keys, null, 2)}\n` : table(["operator", "name", "key id", "public key"], rows));
    return 0;
  },
});
