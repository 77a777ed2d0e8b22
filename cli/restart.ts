import { takeOverLocks } from "../automation/apply.ts";
import { beginBootstrapRun, endBootstrapRun, presentBootstrap } from "../automation/bootstrap-run.ts";
import { configure } from "../automation/configured.ts";
import { Stack } from "../automation/stack.ts";
import { declaredBootstrap, waitUntilReady } from "../automation/unseal.ts";
import { UsageError } from "../common/errors.ts";
import { Progress, seconds } from "../common/progress.ts";
import { Engine } from "../docker/engine.ts";
import { type BootstrapMode, bootstrapModes } from "../key-feeder/contract.ts";
import { roles } from "../model/names.ts";
import { partContainer, partNamed } from "../model/parts.ts";
import { ownerId } from "../toolchain/owner.ts";
import { declareCommand } from "./core/command.ts";
import { stackOption } from "./core/declaration.ts";
import { selectStack } from "./core/selection.ts";
import { sealing } from "./status.ts";

export const command = declareCommand({
  arguments: {
    roles: { words: roles, read: partNamed, multiple: true, placeholder: "ROLE", help: "these parts (default: service and worker)" },
  },
  options: {
    ...stackOption,
    bootstrap: {
      type: "string",
      words: bootstrapModes,
      help: "for this run of the service, whatever the settings say; manual: it is sealed until operators bring their shares",
    },
  },
  notes: `Starts the processes anew in the same containers, and waits until every part answers and, under bootstrap auto, the service is unsealed.
What the parts keep on disk stays: Redis, the ledger and the key-feeder lose nothing; LocalStack is empty and gets the keys again.
--bootstrap is written to no settings: it lasts until the service is restarted without it, until the next nitro up, or until LocalStack is restarted.`,
  examples: [
    ["nitro restart -s alice", "the executable, as it is declared"],
    ["nitro restart -s alice redis", "one part alone"],
    ["nitro restart -s alice --bootstrap manual", "sealed, once; the stack stays as its settings say"],
  ],
  stopsCleanly: true,

  async run({ values, words: { roles: named } }, context) {
    const began = Date.now();
    const stack = new Stack(selectStack(values.stack, context.env), context);
    const progress = new Progress(context.stderr);
    const configured = await configure(stack.name, context, { files: [] });
    const engine = Engine.connect(context.env);
    await takeOverLocks(stack, progress);
    const wanted: readonly string[] = named.length === 0 ? ["service", "worker"] : [...new Set(named)];
    const asked = values.bootstrap as BootstrapMode | undefined;
    if (asked !== undefined && !wanted.includes("service")) throw new UsageError("--bootstrap is for the service, which is not restarted");
    if (asked !== undefined && wanted.includes("localstack"))
      throw new UsageError("--bootstrap is kept in LocalStack, which loses it when it is restarted: restart that first, by itself");
    const declared = declaredBootstrap(configured);
    const owner = ownerId(context.env);
    const containers = await Promise.all(wanted.map((role) => partContainer(engine, stack.name, role, owner)));
    progress.start(`restarting ${wanted.join(", ")}`);
    try {
      if (asked !== undefined) await beginBootstrapRun(engine, stack.name, asked, context.signal);
      else if (wanted.includes("service")) await endBootstrapRun(engine, stack.name, declared, context.signal);
      await Promise.all(containers.map(({ name }) => engine.restart(name, { graceSeconds: 1 })));
    } finally {
      progress.stop();
    }
    const bootstrap = asked ?? (await presentBootstrap(engine, stack.name, declared));
    const status = await waitUntilReady(engine, stack.name, bootstrap, progress, context);
    const verb = wanted.length === 1 ? "runs" : "run";
    context.stdout.write(`${wanted.join(", ")} ${verb} again, the service is ${sealing(status)}, ${seconds(Date.now() - began)}\n`);
    return 0;
  },
});
