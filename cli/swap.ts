import { labels, stackNames } from "../stacks/names.ts";
import { swapTargets } from "../stacks/urns.ts";
import { applySettings, examine, heal, takeOverLocks } from "./apply.ts";
import { type Command, type Context, parseArguments, stackOption } from "./command.ts";
import { Engine } from "./docker.ts";
import { UsageError, UserError } from "./errors.ts";
import { Progress, seconds } from "./progress.ts";
import { bringsExecutable, buildForEngine } from "./ready.ts";
import { roleNamed } from "./roles.ts";
import { selectStack } from "./selection.ts";
import { settingChanges, settingOptions } from "./settings.ts";
import { Stack } from "./stack.ts";
import { stateIds } from "./stack-state.ts";

const swapped = ["service", "worker"] as const;
type Swapped = (typeof swapped)[number];

export const command: Command = {
  summary: "Replace the executable of the service and the worker, and nothing else",
  usage: `nitro swap [-s STACK] [service|worker] [--binary FILE]

Without --binary: the executable or image of the stack's settings as it is now; where none is set, build.command or the sample is built again.
An executable that cannot run is refused before anything is touched.`,
  stopsCleanly: true,

  async run(args: string[], context: Context): Promise<number> {
    const { values, positionals } = parseArguments(args, { ...stackOption, binary: settingOptions.binary }, 1);
    const began = Date.now();
    const roles = positionals[0] === undefined ? swapped : [swappedRole(positionals[0])];
    const stack = new Stack(selectStack(values.stack, context.env), context);
    const changes = settingChanges(values, context);
    const progress = new Progress(context.stderr);
    await takeOverLocks(stack, progress);

    const engine = Engine.connect(context.env);
    const state = await stack.state();
    const targets = swapTargets(stack.name, roles);
    if (state === undefined || stateIds(state, "container").length === 0) {
      throw new UserError(`stack "${stack.name}" is not up`, `./nitro up -s ${stack.name}`);
    }
    if (changes["service.binary"] === undefined && !(await bringsExecutable(stack.config))) {
      await buildForEngine(engine, stack, progress, context);
    }
    const healing = await examine(engine, stack, state, context);
    const before = await hashes(engine, stack.name);
    const damaged = healing.reasons.length > 0 || !targets.every((urn) => state.resources.some((resource) => resource.urn === urn));
    const refresh = await heal(engine, stack, healing, progress);
    // A damaged stack needs all its parts back; a sound one only new containers.
    const options = damaged ? { refresh } : { targets };
    progress.line(`$ ${stack.updateCommand(options)}`);
    await applySettings(stack, changes, options, progress, context);
    const after = await hashes(engine, stack.name);
    context.stdout.write(
      `${roles.map((role) => describe(role, before.get(role), after.get(role))).join("\n")}\n${seconds(Date.now() - began)}\n`,
    );
    return 0;
  },
};

function swappedRole(word: string): Swapped {
  const role = swapped.find((each) => each === roleNamed(word));
  if (role === undefined) throw new UsageError(`${word} does not run your executable: allowed are ${swapped.join(", ")}`);
  return role;
}

interface Running {
  readonly id: string;
  readonly sha256: string;
}

async function hashes(engine: Engine, stack: string): Promise<Map<Swapped, Running>> {
  const found = await Promise.all(
    swapped.map(async (role) => {
      const details = await engine.inspect(stackNames(stack).containers[role]);
      return details && ([role, { id: details.id, sha256: details.labels[labels.executable] ?? "?" }] as const);
    }),
  );
  return new Map(found.filter((each) => each !== undefined));
}

/** One line for a role: what ran, what runs. */
export function describe(role: Swapped, before: Running | undefined, after: Running | undefined): string {
  const now = after?.sha256.slice(0, 12) ?? "nothing";
  if (before === undefined) return `${role}: ${now} runs, nothing ran before`;
  if (before.id === after?.id) return `${role}: unchanged, ${now} runs already`;
  return `${role}: ${before.sha256.slice(0, 12)} → ${now}`;
}
