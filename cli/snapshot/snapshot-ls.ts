import { table } from "../../common/table.ts";
import { StackSnapshots } from "../../data/snapshots.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { age } from "../status.ts";
import { bytesText } from "./name.ts";

export const command = declareCommand({
  unread: "end",
  options: { ...stackOption, ...jsonOption },

  async run({ values }, context) {
    const stack = selectStack(values.stack, context.env);
    const snapshots = await new StackSnapshots(context.root, stack).list();
    const rows = snapshots.map(({ name, savedAt, bytes, keys, objects }) => [
      ...[name, age(Date.now() - Date.parse(savedAt)), bytesText(bytes), String(keys), String(objects)],
    ]);
    const none = `stack "${stack}" has no snapshots: ./nitro snapshot save NAME -s ${stack}\n`;
    const text = rows.length === 0 ? none : table(["snapshot", "age", "size", "redis keys", "s3 objects"], rows);
    context.stdout.write(values.json ? `${JSON.stringify(snapshots, null, 2)}\n` : text);
    return 0;
  },
});
