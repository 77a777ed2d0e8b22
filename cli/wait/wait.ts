import { resolve } from "node:path";
import { configure, mustBePlain } from "../../automation/configured.ts";
import type { Context } from "../../common/context.ts";
import { UsageError, UserError } from "../../common/errors.ts";
import { heartbeat, Progress, seconds } from "../../common/progress.ts";
import { shellLine } from "../../common/shell.ts";
import { waitUntil } from "../../common/waiting.ts";
import { Engine } from "../../docker/engine.ts";
import { liveRoles } from "../../executable/live-override.ts";
import { proveRunning } from "../../executable/running.ts";
import { executableFile } from "../../executable/staging.ts";
import { labels, stackNames } from "../../model/names.ts";
import { ownerId } from "../../toolchain/owner.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { buildRuns } from "./build-runs.ts";
import { describeFound, type Found } from "./waiting.ts";
import { hashAllowed, isHash, type WantedBuild, wantedBuild, wantedFile } from "./wanted-build.ts";

const intervalMs = 100;

export const command = declareCommand({
  arguments: {
    build: {
      placeholder: "FILE|HASH",
      what: "the build",
      optional: true,
      complete: "files",
      help: "the build; see below (default: the executable of the stack's settings, else the sample's build)",
    },
  },
  options: {
    ...stackOption,
    build: { type: "boolean", required: true, help: "wait for a build" },
    timeout: {
      type: "string",
      placeholder: "SECONDS",
      read: milliseconds,
      default: "60",
      help: "how long at most; the error then says what runs instead",
    },
    ...jsonOption,
  },
  notes: `Ends with 0 once the service and the worker both run that build, by the hash of their processes, and answer. It starts nothing.
  FILE: that file as it is; when it changes meanwhile, its new content is waited for, so the last build counts
  HASH: exactly that SHA-256, or its first 12 digits or more`,
  examples: [
    ["nitro wait -s alice --build", "the stack's executable, as the file is now"],
    ["nitro wait -s alice --build ./payments", "another file"],
  ],

  async run({ values, words: { build } }, context) {
    const stack = selectStack(values.stack, context.env);
    const engine = Engine.connect(context.env);
    const wanted =
      build === undefined
        ? wantedFile(await configuredFile(stack, engine, context))
        : wantedBuild(build, (path) => resolve(context.cwd, path));
    if ((await wanted.current()) === undefined)
      throw new UserError(
        `there is no file ${wanted.name}, and so no build that could be waited for`,
        build === undefined ? "build it first, or name another file" : `build it first, or name another file or a build: ${hashAllowed}`,
      );
    const began = Date.now();
    const found = await waitForBuild(
      engine,
      stack,
      wanted,
      swapTo(stack, build === undefined || isHash(build) ? undefined : build),
      values.timeout,
      context,
    );
    const took = Date.now() - began;
    const programs = Object.fromEntries(found.map(({ role, program }) => [role, program]));
    if (values.json) context.stdout.write(`${JSON.stringify({ stack, sha256: found[0]?.program?.sha256, ...programs, took }, null, 2)}\n`);
    else context.stdout.write(`${found.map(describeFound).join("\n")}\n${seconds(took)}\n`);
    return 0;
  },
});

/** The command that brings what is waited for. @param file undefined for what the settings name */
function swapTo(stack: string, file: string | undefined): string {
  return `./nitro swap -s ${stack}${file === undefined ? "" : ` --binary ${shellLine([file])}`}`;
}

/** The file that the stack's settings say is run. @throws UserError where they name an image */
async function configuredFile(stack: string, engine: Engine, context: Context): Promise<string> {
  const configured = await configure(stack, context, { files: [] });
  mustBePlain(configured, "service.binary", "service.image", "build.command");
  const { image } = configured.settings.service;
  if (image !== undefined)
    throw new UserError(
      `stack "${stack}" runs the image ${image}, not a file`,
      `./nitro wait -s ${stack} --build <hash of its executable>`,
    );
  return executableFile(context.root, stack, configured.settings, (await engine.ping()).arch);
}

/** @throws UsageError */
function milliseconds(text: string, option: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new UsageError(`${option} is "${text}": allowed are seconds, such as 60 or 0.5`);
  return value * 1000;
}

/** @throws UserError when the time is over */
async function waitForBuild(
  engine: Engine,
  stack: string,
  wanted: WantedBuild,
  swap: string,
  timeoutMs: number,
  context: Context,
): Promise<readonly Found[]> {
  const progress = new Progress(context.stderr);
  const tell = heartbeat(progress);
  const strategy = buildRuns(
    wanted,
    () => look(engine, stack, ownerId(context.env)),
    (state, waited) => tell(`${state} ${seconds(waited)}`),
  );
  try {
    return await waitUntil(strategy, { timeoutMs, intervalMs }, `${swap}, or ./nitro status -s ${stack}`);
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
