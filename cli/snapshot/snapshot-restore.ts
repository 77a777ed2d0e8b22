import { presentBootstrap } from "../../automation/bootstrap-run.ts";
import { configure } from "../../automation/configured.ts";
import { declaredBootstrap, waitUntilReady } from "../../automation/unseal.ts";
import { InterruptedError } from "../../common/errors.ts";
import { Progress, seconds } from "../../common/progress.ts";
import { unlessStopped } from "../../common/waiting.ts";
import { restoreData } from "../../data/snapshot.ts";
import { StackSnapshots, withDataLock } from "../../data/snapshots.ts";
import { declareCommand } from "../core/command.ts";
import { stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { withDataStack } from "../data-stack.ts";
import { sealing } from "../status.ts";
import { nameArgument } from "./name.ts";

export const command = declareCommand({
  arguments: nameArgument,
  options: stackOption,
  notes: `Service, worker and key-feeder are stopped meanwhile and start anew: what they had in memory belongs to another time. What is there now is gone; save it
before under another name. Interrupted, they stay stopped, and the same command goes on.`,
  stopsCleanly: true,

  async run({ values, words: { name } }, context) {
    const began = Date.now();
    const stack = selectStack(values.stack, context.env);
    const folder = await new StackSnapshots(context.root, stack).find(name);
    const progress = new Progress(context.stderr);
    const configured = await configure(stack, context, { files: [] });
    let reached: Reached = "nothing";
    const work = withDataStack(stack, context, true, ({ engine, ...data }) =>
      withDataLock(context.root, stack, progress, async () => {
        progress.start(`restoring ${name}`);
        reached = "parts";
        await restoreData({ engine, ...data }, folder).finally(() => progress.stop());
        reached = "all";
        const bootstrap = await presentBootstrap(engine, stack, declaredBootstrap(configured));
        return waitUntilReady(engine, stack, bootstrap, progress, context);
      }),
    );
    const status = await unlessStopped(work, context.signal, () => {
      progress.stop();
      return interrupted[reached](name, stack);
    });
    context.stdout.write(
      `stack ${stack} has the data of snapshot ${name}, the service is ${sealing(status)}, ${seconds(Date.now() - began)}\n`,
    );
    return 0;
  },
});

/** How far a restoring command came. */
type Reached = "nothing" | "parts" | "all";

const interrupted: Readonly<Record<Reached, (snapshot: string, stack: string) => InterruptedError>> = {
  nothing: () => new InterruptedError("stopped: nothing was changed"),
  parts: (snapshot) =>
    new InterruptedError(
      `stopped before all data was that of snapshot ${snapshot}: service, worker, key-feeder stay stopped`,
      "the same command again goes on",
    ),
  all: (snapshot, stack) =>
    new InterruptedError(`stopped while waiting for every part: the data is that of snapshot ${snapshot}`, `./nitro status -s ${stack}`),
};
