import { applySettings, examine, heal, takeOverLocks } from "../automation/apply.ts";
import { endBootstrapRun } from "../automation/bootstrap-run.ts";
import { type Configured, configure } from "../automation/configured.ts";
import type { Outcome } from "../automation/events.ts";
import { makeReady } from "../automation/ready.ts";
import { Stack } from "../automation/stack.ts";
import type { StackStatus } from "../automation/status.ts";
import { withWayBack } from "../automation/swap.ts";
import { mayTakeOver } from "../automation/take-over.ts";
import { declaredBootstrap, waitUntilReady } from "../automation/unseal.ts";
import type { Context } from "../common/context.ts";
import { InterruptedError } from "../common/errors.ts";
import { Progress, seconds } from "../common/progress.ts";
import { table } from "../common/table.ts";
import { unlessStopped } from "../common/waiting.ts";
import type { Engine } from "../docker/engine.ts";
import { isRemote } from "../docker/remote.ts";
import { publishedRoles } from "../model/names.ts";
import type { Machine } from "../stacks/prepare.ts";
import { declareCommand } from "./core/command.ts";
import { jsonOption, stackOption } from "./core/declaration.ts";
import { namingOptions, settingChanges, settingOptions, takeOverOption } from "./core/options.ts";
import { selectStack } from "./core/selection.ts";
import { keepReady } from "./keeper/start.ts";
import { sealing } from "./status.ts";

export const command = declareCommand({
  options: { ...stackOption, ...settingOptions, ...takeOverOption, ...jsonOption },
  notes: `The payments executable is one for Linux, of the engine's architecture; the sample is built where none was ever given.
--binary, --sample, --secrets, --bootstrap and --authorization are written to the stack's settings, Pulumi.STACK.yaml, and stay until they are changed there.`,
  examples: [
    ["nitro up -s alice", "a stack with the sample, or as its settings say"],
    ["nitro up -s alice --binary ./payments", "with your own executable"],
    ["nitro up -s alice --bootstrap manual", "the service stays sealed until operators bring their shares"],
  ],
  stopsCleanly: true,

  async run({ values }, context) {
    const began = Date.now();
    const stack = new Stack(selectStack(values.stack, context.env), context);
    const progress = new Progress(context.stderr);
    const configured = await namingOptions(values, configure(stack.name, context, { changes: settingChanges(values, context) }));
    await mayTakeOver(stack, configured, values["take-over"], context);

    await takeOverLocks(stack, progress);
    // Until pulumi runs there is nothing that would have to be stopped cleanly.
    const untouched = () => new InterruptedError("stopped before the stack was touched");
    const machine = await unlessStopped(makeReady({ configured, stack, progress, context }), context.signal, untouched);
    const outcome = await bringUp(machine, stack, configured, progress, context);
    const { engine } = machine;
    const bootstrap = declaredBootstrap(configured);
    await endBootstrapRun(engine, stack.name, bootstrap, context.signal);
    const status = await waitUntilReady(engine, stack.name, bootstrap, progress, context);

    const took = Date.now() - began;
    if (values.json)
      context.stdout.write(`${JSON.stringify({ ...status, outputs: outcome.outputs, changes: outcome.counts, took }, null, 2)}\n`);
    else context.stdout.write(describeUp(status, outcome, took, configured.settings.redis.tls) + elsewhere(engine, stack.name));
    await keepReady(stack.name, configured.settings, context);
    return 0;
  },
});

async function bringUp(machine: Machine, stack: Stack, configured: Configured, progress: Progress, context: Context): Promise<Outcome> {
  const { engine } = machine;
  await takeOverLocks(stack, progress);
  const state = await stack.state();
  const healing = await examine(engine, stack, state, context);
  if (state === undefined) await stack.create();
  const refresh = await heal(engine, stack, healing, progress);
  const program = { machine, configuration: configured.forProgram };
  try {
    return await applySettings(stack, configured.file, { refresh, program }, progress, context);
  } catch (error) {
    const { executable } = configured;
    const by = state?.hasOutputs ? "swap" : "up";
    throw executable === undefined ? error : await withWayBack(error, stack.name, context, executable, by);
  }
}

function describeUp(status: StackStatus, outcome: Outcome, took: number, tls: boolean): string {
  const rows = status.parts.flatMap(({ role, ports }) => {
    const published = publishedRoles.find((each) => each === role);
    if (ports[0] === undefined) return [];
    return [[role, published === undefined ? `127.0.0.1:${ports[0]}` : address(status.stack, published, ports[0], tls)]];
  });
  const { ledgerEndpoint } = outcome.outputs ?? {};
  const ours = status.parts.some(({ role }) => role === "ledger");
  if (!ours && typeof ledgerEndpoint === "string") rows.push(["ledger", `${ledgerEndpoint} (ledger mode aws)`]);
  const done = Object.entries(outcome.counts)
    .filter(([op, count]) => op !== "same" && (count ?? 0) > 0)
    .map(([op, count]) => `${count} ${op.replace(/e?$/, "ed")}`);
  return `${table(["part", "answers at"], rows)}\nstack ${status.stack} is up, ${sealing(status)}: ${done.join(", ") || "nothing to change"}, ${seconds(took)}\n`;
}

function elsewhere(engine: Engine, stack: string): string {
  return isRemote(engine)
    ? `these addresses are of the engine's machine; on this one they answer during: ./nitro tunnel -s ${stack}\n`
    : "";
}

function address(stack: string, role: (typeof publishedRoles)[number], port: number, tls: boolean): string {
  return role === "redis"
    ? `redis${tls ? "s" : ""}://127.0.0.1:${port} (password: ./nitro outputs -s ${stack} --show-secrets)`
    : `http://127.0.0.1:${port}`;
}
