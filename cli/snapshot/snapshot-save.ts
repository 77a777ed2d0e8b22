import { Progress, seconds } from "../../common/progress.ts";
import { copyData } from "../../data/snapshot.ts";
import { StackSnapshots, withDataLock } from "../../data/snapshots.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { withDataStack } from "../data-stack.ts";
import { bytesText, nameArgument } from "./name.ts";

export const command = declareCommand({
  arguments: nameArgument,
  options: { ...stackOption, ...jsonOption, replace: { type: "boolean", help: "in the place of a snapshot of that name" } },
  notes: `All at one moment: meanwhile Redis lets writes wait and the ledger commits, 30 s at most. No container stops. It is kept on this machine, below
.nitro/STACK/snapshots, for nobody else to read; nitro down removes it with the stack.`,
  stopsCleanly: true,

  async run({ values, words: { name } }, context) {
    const began = Date.now();
    const stack = selectStack(values.stack, context.env);
    const snapshots = new StackSnapshots(context.root, stack);
    if (!values.replace) await snapshots.refuseTaken(name);
    const progress = new Progress(context.stderr);
    const made = await withDataStack(stack, context, true, (data) =>
      withDataLock(context.root, stack, progress, async () => {
        progress.start(`saving ${name}`);
        return snapshots.save(name, values.replace, (folder) => copyData(data, folder, context.signal)).finally(() => progress.stop());
      }),
    );
    const { bytes, keys, objects } = made;
    context.stdout.write(
      values.json
        ? `${JSON.stringify(made, null, 2)}\n`
        : `snapshot ${name} is saved: ${bytesText(bytes)}, ${keys} keys, ${objects} objects, ${seconds(Date.now() - began)}\n`,
    );
    return 0;
  },
});
