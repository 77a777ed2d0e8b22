import { takeOverLocks } from "../automation/apply.ts";
import { configure } from "../automation/configured.ts";
import { Stack } from "../automation/stack.ts";
import { waitUntilReady } from "../automation/unseal.ts";
import { Progress, seconds } from "../common/progress.ts";
import { Engine } from "../docker/engine.ts";
import { roles } from "../model/names.ts";
import { roleContainer, roleNamed } from "../model/parts.ts";
import { ownerId } from "../toolchain/owner.ts";
import { declareCommand } from "./core/command.ts";
import { stackOption } from "./core/declaration.ts";
import { selectStack } from "./core/selection.ts";
import { sealing } from "./status.ts";

export const command = declareCommand({
  arguments: {
    roles: { words: roles, read: roleNamed, multiple: true, placeholder: "ROLE", help: "these parts (default: service and worker)" },
  },
  options: stackOption,
  notes: `Starts the processes anew in the same containers, and waits until every part answers and, under bootstrap auto, the service is unsealed.
What the parts keep on disk stays: Redis, the ledger and the key-feeder lose nothing; LocalStack is empty and gets the keys again.`,
  examples: [
    ["nitro restart -s alice", "the executable, as it is declared"],
    ["nitro restart -s alice redis", "one part alone"],
  ],
  stopsCleanly: true,

  async run({ values, words: { roles: named } }, context) {
    const began = Date.now();
    const stack = new Stack(selectStack(values.stack, context.env), context);
    const progress = new Progress(context.stderr);
    const configured = await configure(stack.name, context, { files: [] });
    const engine = Engine.connect(context.env);
    await takeOverLocks(stack, progress);
    const wanted = named.length === 0 ? (["service", "worker"] as const) : [...new Set(named)];
    const owner = ownerId(context.env);
    const containers = await Promise.all(wanted.map((role) => roleContainer(engine, stack.name, role, owner)));
    progress.start(`restarting ${wanted.join(", ")}`);
    try {
      await Promise.all(containers.map(({ name }) => engine.restart(name, { graceSeconds: 1 })));
    } finally {
      progress.stop();
    }
    const status = await waitUntilReady(engine, stack.name, configured, progress, context);
    const verb = wanted.length === 1 ? "runs" : "run";
    context.stdout.write(`${wanted.join(", ")} ${verb} again, the service is ${sealing(status)}, ${seconds(Date.now() - began)}\n`);
    return 0;
  },
});
