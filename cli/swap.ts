import { bringsExecutable, type Configured, configure } from "../automation/configured.ts";
import { buildForEngine } from "../automation/ready.ts";
import { Stack } from "../automation/stack.ts";
import { beginSwap, swapDeclared } from "../automation/swap.ts";
import { mayTakeOver } from "../automation/take-over.ts";
import type { Context } from "../common/context.ts";
import { UsageError, UserError } from "../common/errors.ts";
import { Progress, seconds } from "../common/progress.ts";
import { Engine } from "../docker/engine.ts";
import { type LiveRole, liveRoles } from "../executable/live-override.ts";
import { previousExecutable } from "../executable/past-executables.ts";
import { readRunning } from "../executable/running.ts";
import { type LoadedExecutable, loadExecutable, stagedFile } from "../executable/staging.ts";
import { labels, stackNames } from "../model/names.ts";
import { roleNamed } from "../model/parts.ts";
import { besideExecutable, type ConfigurationArgs } from "../stacks/configuration.ts";
import type { Machine } from "../stacks/prepare.ts";
import { declareCommand } from "./core/command.ts";
import { stackOption } from "./core/declaration.ts";
import { settingChanges, settingOptions, takeOverOption } from "./core/options.ts";
import { selectStack } from "./core/selection.ts";

export const command = declareCommand({
  arguments: { role: { words: liveRoles, read: swappedRole, optional: true, help: "only this one (default: both)" } },
  options: {
    ...stackOption,
    binary: settingOptions.binary,
    sample: settingOptions.sample,
    ...takeOverOption,
    previous: {
      type: "boolean",
      help: "go back to the executable before, the last other one that answered; the settings stay, so the next swap takes the file again",
    },
  },
  notes: `Without --binary: the executable or image of the stack's settings as it is now; where none is set, build.command or the sample is built again.
An executable that cannot run is refused before anything is touched.`,
  examples: [
    ["nitro swap -s alice --binary ./payments", "that file, now and at every later swap"],
    ["nitro swap -s alice", "the same file again, as it is now"],
    ["nitro swap -s alice worker", "the worker alone"],
    ["nitro swap -s alice --previous", "back to what ran before"],
    ["nitro swap -s alice --sample", "back to the sample"],
  ],
  stopsCleanly: true,

  async run({ values, words: { role } }, context) {
    const other = values.binary === undefined ? values.sample && "--sample" : "--binary";
    if (values.previous && other) throw new UsageError(`${other} and --previous: allowed is one of them`);
    const began = Date.now();
    const roles = role === undefined ? liveRoles : [role];
    const stack = new Stack(selectStack(values.stack, context.env), context);
    const progress = new Progress(context.stderr);
    const engine = Engine.connect(context.env);
    const looks = Promise.all([running(engine, stack.name), engine.ping()]);
    // Told where its answer is used.
    looks.catch(() => {});
    const back = values.previous;
    const files: ConfigurationArgs["files"] = back ? besideExecutable : undefined;
    const configured = await configure(stack.name, context, { changes: settingChanges(values, context), files });
    await mayTakeOver(stack, configured, values["take-over"], context);
    const swap = { engine, stack, roles, progress, context };
    const start = await beginSwap(swap);
    const [before, { arch }] = await looks;
    const machine = { engine, arch };
    const executable = back ? await previous(stack.name, configured, machine, before, context) : undefined;
    if (!back && !bringsExecutable(configured)) await buildForEngine(machine, stack.name, configured, progress, context);
    const program = { machine, configuration: configured.forProgram, executable: executable && Promise.resolve(executable) };
    await swapDeclared(swap, start, program, configured.file);
    const after = await running(engine, stack.name);
    context.stdout.write(
      `${roles.map((role) => describeSwap(role, before.get(role), after.get(role))).join("\n")}\n${seconds(Date.now() - began)}\n`,
    );
    for (const role of roles) mustRun(role, after.get(role), stack.name);
    return 0;
  },
});

function swappedRole(word: string): LiveRole {
  const role = liveRoles.find((each) => each === roleNamed(word));
  if (role === undefined) throw new UsageError(`${word} does not run your executable: allowed are ${liveRoles.join(", ")}`);
  return role;
}

async function previous(
  name: string,
  { settings }: Configured,
  { arch }: Machine,
  before: ReadonlyMap<LiveRole, Running>,
  { root }: Context,
): Promise<LoadedExecutable> {
  const { image } = settings.service;
  if (image !== undefined) {
    throw new UserError(
      `stack "${name}" runs the image ${image}: the executable before it is in another image`,
      `name that image: pulumi config set --stack ${name} --path nitro:service.image <image>`,
    );
  }
  const sha256 = await previousExecutable(
    root,
    name,
    [...before.values()].map(({ declared }) => declared),
  );
  if (sha256 === undefined) throw new UserError(`stack "${name}" has run no other executable that answered: there is none to go back to`);
  return loadExecutable(root, stagedFile(root, name, sha256), arch, name);
}

interface Running {
  readonly id: string;
  /** SHA-256 of what is declared. */
  readonly declared: string;
  /** Read back from the process; undefined where nothing runs, or an image of other people does not let us look. */
  readonly sha256: string | undefined;
}

async function running(engine: Engine, stack: string): Promise<Map<LiveRole, Running>> {
  const found = await Promise.all(
    liveRoles.map(async (role) => {
      const container = stackNames(stack).containers[role];
      const details = await engine.inspect(container);
      if (details === undefined) return undefined;
      const program = details.status === "running" ? await readRunning(engine, container).catch(() => undefined) : undefined;
      return [role, { id: details.id, declared: details.labels[labels.executable] ?? "?", sha256: program?.sha256 }] as const;
    }),
  );
  return new Map(found.filter((each) => each !== undefined));
}

/** One line for a role: what ran, what runs. */
export function describeSwap(role: LiveRole, before: Running | undefined, after: Running | undefined): string {
  const now = after === undefined ? "nothing" : hash(after);
  if (before === undefined) return `${role}: ${now} runs, nothing ran before`;
  if (before.id === after?.id && before.sha256 === after.sha256) return `${role}: unchanged, ${now} runs already`;
  return `${role}: ${hash(before)} → ${now}`;
}

function hash({ declared, sha256 = declared }: Running): string {
  return sha256.slice(0, 12);
}

/** @throws UserError where the process is not what is declared */
function mustRun(role: LiveRole, found: Running | undefined, stack: string): void {
  if (found?.sha256 === undefined || found.sha256 === found.declared) return;
  throw new UserError(`${role} runs ${found.sha256.slice(0, 12)}, declared is ${found.declared.slice(0, 12)}`, `./nitro up -s ${stack}`);
}
