import { resolve } from "node:path";
import type { Context } from "../../common/context.ts";
import { UsageError, UserError } from "../../common/errors.ts";
import { heartbeat, Progress, seconds } from "../../common/progress.ts";
import { Engine } from "../../docker/engine.ts";
import { liveRoles } from "../../executable/live-override.ts";
import { proveRunning } from "../../executable/running.ts";
import { sampleExecutable } from "../../executable/staging.ts";
import { labels, stackNames } from "../../model/names.ts";
import { StackConfig } from "../../model/settings-file.ts";
import { ownerId } from "../../toolchain/owner.ts";
import { type Command, parseArguments, stackOption } from "../core/command.ts";
import { selectStack } from "../core/selection.ts";
import { describeFound, type Found, runsBuild } from "./waiting.ts";
import { type WantedBuild, wantedBuild } from "./wanted-build.ts";

const defaultTimeout = "60";
const intervalMs = 100;

export const command: Command = {
  summary: "Wait until service and worker run exactly a given build",
  usage: `nitro wait [-s STACK] --build [FILE|HASH] [--timeout SECONDS] [--json]

Ends with 0 once the service and the worker both run that build, by the hash of their processes, and answer. It starts nothing.
  --build           FILE: that file as it is; when it changes meanwhile, its new content is waited for, so the last build counts
                    HASH: exactly that SHA-256, or its first 12 digits or more
                    neither: the executable of the stack's settings, else the sample's build
  --timeout SECONDS how long at most (default ${defaultTimeout}); the error then says what runs instead`,

  async run(args: string[], context: Context): Promise<number> {
    const options = { ...stackOption, build: { type: "boolean" }, timeout: { type: "string" }, json: { type: "boolean" } } as const;
    const { values, positionals } = parseArguments(args, options, 1);
    if (values.build !== true) throw new UsageError("what to wait for is missing: --build");
    const timeoutMs = timeoutOf(values.timeout ?? defaultTimeout) * 1000;
    const stack = selectStack(values.stack, context.env);
    const binary = await new StackConfig(context.root, stack).get("service.binary");
    const engine = Engine.connect(context.env);
    const configured = binary === undefined ? sampleExecutable(context.root, (await engine.ping()).arch) : resolve(context.root, binary);
    const wanted = wantedBuild(positionals[0], configured, (path) => resolve(context.cwd, path));
    const began = Date.now();
    const found = await waitForBuild(engine, stack, wanted, timeoutMs, context);
    const took = Date.now() - began;
    const programs = Object.fromEntries(found.map(({ role, program }) => [role, program]));
    if (values.json === true)
      context.stdout.write(`${JSON.stringify({ stack, sha256: found[0]?.program?.sha256, ...programs, took }, null, 2)}\n`);
    else context.stdout.write(`${found.map(describeFound).join("\n")}\n${seconds(took)}\n`);
    return 0;
  },
};

/** @throws UsageError */
function timeoutOf(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new UsageError(`--timeout is "${text}": allowed are seconds, such as 60 or 0.5`);
  return value;
}

/** @throws UserError when the time is over */
async function waitForBuild(
  engine: Engine,
  stack: string,
  wanted: WantedBuild,
  timeoutMs: number,
  context: Context,
): Promise<readonly Found[]> {
  const progress = new Progress(context.stderr);
  const tell = heartbeat(progress);
  const began = Date.now();
  try {
    for (;;) {
      const hash = await wanted.current();
      const found = await look(engine, stack, ownerId(context.env));
      // A build that ended between the two looks counts: it is the last one.
      if (runsBuild(found, hash) && (await wanted.current()) === hash) return found;
      const instead = found.map(describeFound).join(", ");
      const what = hash === undefined ? `there is no ${wanted.name} yet` : `waiting for ${hash.slice(0, 12)}`;
      const left = began + timeoutMs - Date.now();
      if (left <= 0) {
        const name =
          hash === undefined
            ? `${wanted.name}, which is not there`
            : `build ${hash.slice(0, 12)}${wanted.name === hash ? "" : ` (${wanted.name})`}`;
        throw new UserError(
          `waited ${seconds(timeoutMs)} in vain for ${name}: ${instead}`,
          `./nitro swap -s ${stack}, or ./nitro status -s ${stack}`,
        );
      }
      tell(`${what}: ${instead} ${seconds(Date.now() - began)}`);
      await new Promise((done) => setTimeout(done, Math.min(intervalMs, left)));
    }
  } finally {
    progress.status(undefined);
  }
}

/** What both run this moment. */
async function look(engine: Engine, stack: string, owner: string): Promise<Found[]> {
  return Promise.all(
    liveRoles.map(async (role) => {
      const details = await engine.inspect(stackNames(stack).containers[role]);
      if (details === undefined || details.labels[labels.owner] !== owner) return { role, state: "missing", answers: false };
      if (details.status !== "running") return { role, state: details.status, answers: false };
      return { role, state: details.status, ...(await proveRunning(engine, details.name, details.healthCheck)) };
    }),
  );
}
