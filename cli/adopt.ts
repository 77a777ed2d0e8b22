import { liveParts } from "../automation/adopt-live.ts";
import { recordProgram } from "../automation/adopt-record.ts";
import { rebuiltState } from "../automation/adopt-state.ts";
import { takeOverLocks } from "../automation/apply.ts";
import { type Configured, configure } from "../automation/configured.ts";
import { type EngineStack, engineStacks, summarize } from "../automation/engine-stacks.ts";
import { listStacks, loadProgram, Stack } from "../automation/stack.ts";
import { stateIds } from "../automation/state.ts";
import { confirm } from "../common/confirm.ts";
import type { Context } from "../common/context.ts";
import { UserError } from "../common/errors.ts";
import { Progress } from "../common/progress.ts";
import type { Engine } from "../docker/engine.ts";
import { imageRefs } from "../images/build.ts";
import { buildShown } from "../images/show-build.ts";
import { labels, stackNames } from "../model/names.ts";
import { partsOf } from "../model/parts.ts";
import { isPrivate, keepOwnerId, ownerId } from "../toolchain/owner.ts";
import { setUp } from "../toolchain/setup.ts";
import { declareCommand } from "./core/command.ts";
import { stackOption } from "./core/declaration.ts";
import { selectStack } from "./core/selection.ts";

export const command = declareCommand({
  options: {
    ...stackOption,
    yes: {
      type: "boolean",
      short: "y",
      help: "do not ask where another backend's labels are on the stack; has to be given without a terminal",
    },
  },
  notes: `For a stack whose Pulumi state is lost while its containers and volumes are there. Nothing of it is touched: data, keys and shares stay where they are, and its
passwords are read from its containers. What the settings file declares is compared with what there is at the next preview.`,
  examples: [["nitro adopt -s alice", "then: nitro preview -s alice, and nitro up -s alice"]],
  stopsCleanly: true,

  async run({ values }, context) {
    const stack = new Stack(selectStack(values.stack, context.env), context);
    const configured = await configure(stack.name, context);
    const progress = new Progress(context.stderr);
    const engine = await setUp(context.env, context.stderr);
    const found = await lostStack(engine, stack, configured, context);
    if (found.ownerId !== ownerId(context.env)) await takeId(engine, found, values.yes, context);
    await takeOverLocks(stack, progress);
    const made = await rebuild(engine, stack, configured, progress, context);
    context.stdout.write(
      `stack ${stack.name} is known again: ${made.known} resources${made.missing.length === 0 ? "" : `; the next up makes ${made.missing.join(", ")}`}\n` +
        `what the next up changes: ./nitro preview -s ${stack.name}; then: ./nitro up -s ${stack.name}\n`,
    );
    return 0;
  },
});

/** @throws UserError where nothing is lost, or nothing is there */
async function lostStack(engine: Engine, stack: Stack, { settings }: Configured, context: Context): Promise<EngineStack> {
  const state = await stack.state();
  if (state !== undefined && stateIds(state, "container").length > 0 && state.hasOutputs)
    throw new UserError(
      `the state of stack "${stack.name}" is there: there is nothing to adopt`,
      `./nitro up -s ${stack.name} mends what is damaged`,
    );
  const all = (await engineStacks(engine)).filter(
    ({ name, volumes }) => name === stack.name && volumes.some(({ labels: has }) => has[labels.usedAt] === undefined),
  );
  const found = all.find((each) => each.ownerId === ownerId(context.env)) ?? all[0];
  if (found === undefined)
    throw new UserError(
      `nothing on this container engine has the labels of stack "${stack.name}"`,
      `what there is: ./nitro ls --all; a new one: ./nitro up -s ${stack.name}`,
    );
  if (settings.runtime === "swarm")
    throw new UserError(
      `stack "${stack.name}" is run by a swarm (nitro:runtime swarm), and no state is rebuilt of its services`,
      `./nitro up -s ${stack.name} makes them anew on the volumes that are there`,
    );
  const service = found.containers.find(({ labels: has }) => has[labels.role] === "service");
  if (settings.ledger.mode === "aws" || !partsOf(service?.labels).includes("ledger"))
    throw new UserError(
      `stack "${stack.name}" has its ledger in AWS (ledger mode aws), which labels of containers say nothing of`,
      `what is in AWS has tags: docs/aws-mode.md; the rest can be made anew: ./nitro down -s ${stack.name}, then ./nitro up -s ${stack.name}`,
    );
  return found;
}

/** The labels of volumes cannot change while they keep their data: this backend takes the id that they have. */
async function takeId(engine: Engine, found: EngineStack, yes: boolean, context: Context): Promise<void> {
  const mine = ownerId(context.env);
  const [listed, own] = await Promise.all([listStacks(context), engineStacks(engine, mine)]);
  const { owner, lastUse } = summarize(found);
  const whose = `stack "${found.name}" has the labels of backend ${found.ownerId}${owner === undefined ? "" : `, of ${owner}`}, last used ${lastUse ?? "at an unknown time"}`;
  if (!isPrivate(context.env))
    throw new UserError(
      `${whose}, and this backend is shared: its id is the same on every machine`,
      "adopt it into a folder of this machine: export PULUMI_BACKEND_URL=file://…",
    );
  if (listed.length > 0 || own.length > 0)
    throw new UserError(
      `${whose}, and this backend has stacks of its own`,
      `adopt it into a backend of its own: export PULUMI_BACKEND_URL=file://$HOME/.pulumi-${found.name}`,
    );
  if (!yes) {
    const what = `${whose}. Whoever has that backend still could change it too`;
    if (context.stdin.isTTY !== true)
      throw new UserError(`${what}: nothing was changed`, `if it is lost: ./nitro adopt -s ${found.name} --yes`);
    if (!(await confirm(`${what}. Take it over?`, "nothing was changed", context))) throw new UserError("nothing was changed");
  }
  await keepOwnerId(context.env, found.ownerId);
}

async function rebuild(
  engine: Engine,
  stack: Stack,
  configured: Configured,
  progress: Progress,
  context: Context,
): Promise<{ known: number; missing: string[] }> {
  const { arch } = await engine.ping();
  await buildShown(engine, imageRefs(arch, configured.settings.images), context.env, progress);
  if ((await stack.state()) === undefined) await stack.create();
  const configuration = configured.forProgram;
  const config = configuration === undefined ? await stack.config() : {};
  const load = () => loadProgram(context, { machine: { engine, arch }, configuration });
  const registrations = await recordProgram(
    stack.name,
    load,
    config,
    await liveParts(engine, stackNames(stack.name), ownerId(context.env)),
  );
  const empty = await stack.exportState();
  await stack.importState(rebuiltState(stack.name, empty, registrations));
  await stack.refresh();
  const customs = registrations.filter(({ custom }) => custom);
  return {
    known: customs.filter(({ live }) => live !== undefined).length,
    missing: customs.flatMap(({ live, name }) => (live === undefined ? [name] : [])),
  };
}
