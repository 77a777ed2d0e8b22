import { homedir } from "node:os";
import { join, relative, resolve } from "node:path";
import { type Configured, configure, mustBePlain } from "../../automation/configured.ts";
import { isGone } from "../../automation/gone.ts";
import { Stack } from "../../automation/stack.ts";
import { beginSwap, type SwapArgs } from "../../automation/swap.ts";
import { mayTakeOver } from "../../automation/take-over.ts";
import { sealingAfterSwap } from "../../automation/unseal.ts";
import type { Context } from "../../common/context.ts";
import { errorMessage, UsageError, UserError } from "../../common/errors.ts";
import { withLock } from "../../common/lock.ts";
import { Progress } from "../../common/progress.ts";
import { Engine } from "../../docker/engine.ts";
import type { Arch } from "../../docker/types.ts";
import { buildSample } from "../../executable/build-sample.ts";
import { buildFromSettings } from "../../executable/container-build.ts";
import { liveRoles } from "../../executable/live-override.ts";
import { loadForAnyEngine } from "../../executable/loading.ts";
import { readRunning } from "../../executable/running.ts";
import { executableFile } from "../../executable/staging.ts";
import { stackNames } from "../../model/names.ts";
import type { Machine } from "../../stacks/prepare.ts";
import { ensureGo } from "../../toolchain/go.ts";
import { nitroHome } from "../../toolchain/home.ts";
import { ownerId } from "../../toolchain/owner.ts";
import { declareCommand } from "../core/command.ts";
import { stackOption } from "../core/declaration.ts";
import { settingChanges, settingOptions, takeOverOption } from "../core/options.ts";
import { selectStack } from "../core/selection.ts";
import { endKeeper } from "../keeper/client.ts";
import { runBuild } from "./build.ts";
import { CrashGuard } from "./crashes.ts";
import { DeclaredSwapper } from "./declared.ts";
import { type SourceListener, type Unwatch, watchFile, watchSources } from "./files.ts";
import { LiveSwapper } from "./live.ts";
import { WatchLoop, type WatchParts } from "./loop.ts";
import { WatchReport } from "./report.ts";
import type { Sources } from "./sources.ts";

/** Between two looks whether everything is as it was, in ms. */
const checkMs = 1000;

export const command = declareCommand({
  options: {
    ...stackOption,
    build: { type: "string", placeholder: "COMMAND", read: buildCommand, help: "a line for sh that makes the executable; see below" },
    sources: {
      type: "string",
      placeholder: "PATTERN",
      multiple: true,
      help: "further files to build after, such as 'templates/**' or '../common/**'",
    },
    ignore: {
      type: "string",
      placeholder: "PATTERN",
      multiple: true,
      help: "files and folders that are no sources; without a slash: of that name, at any depth",
    },
    binary: settingOptions.binary,
    ...takeOverOption,
    live: {
      type: "boolean",
      help: "replace the process inside the running containers: faster, and drift that the end of the watch declares",
    },
    json: { type: "boolean", help: "one JSON object a line" },
  },
  notes: `Watches the stack's executable and swaps it whenever it is replaced, until Ctrl-C. The stack has to be up.
The build command runs in this folder at once and after every change of its Go sources, of what they embed, and of the folders that go.mod replaces
modules by and go.work uses, with GOOS, GOARCH and CGO_ENABLED set for the engine. A newer
change ends a build that still runs. Without --build: the setting build.command, and where the settings name no executable at all, the sample.`,
  examples: [
    ["nitro watch -s alice", "you build, as you always do"],
    ["nitro watch -s alice --build 'go build -o payments ./cmd'", "every change of a source is built and swapped"],
  ],
  stopsCleanly: true,
  unread: "stop",

  async run({ values }, context) {
    const name = selectStack(values.stack, context.env);
    const progress = new Progress(context.stderr);
    const report = new WatchReport(context.stdout, progress, values.json);
    // What is under way when somebody stops the watch ends well: it takes about a second.
    const lasting: Context = { ...context, signal: new AbortController().signal };
    const stack = new Stack(name, lasting);
    // From here on each update reads the settings as they are then: they may change during the watch.
    const configured = await configure(name, context, { changes: settingChanges(values, context), files: [] });
    await mayTakeOver(stack, configured, values["take-over"], context);
    const engine = Engine.connect(context.env);
    const swap: SwapArgs = { engine, stack, roles: liveRoles, progress, context: lasting };
    await withLock(
      join(nitroHome(context.env), "locks", `watch-${name}`),
      async () => {
        await endKeeper(context.root, name);
        await beginSwap(swap);
        await configured.file.write();
        const { arch } = await engine.ping();
        const wish = { command: values.build, also: values.sources, ignore: values.ignore };
        const watched = whatToWatch(name, configured, { engine, arch }, wish, progress, context);
        const swapper = values.live ? new LiveSwapper(swap, ownerId(context.env)) : new DeclaredSwapper(swap);
        if (values.live) await swapper.arm();
        await watch({ swap, watched, swapper, report, arch, context });
      },
      {
        onWait: ({ pid }) => {
          throw new UserError(`stack "${name}" is being watched by process ${pid} already`, `end that watch: kill -INT ${pid}`);
        },
      },
    );
    return 0;
  },
});

/** @throws UsageError where there is no command in the text */
function buildCommand(text: string): string {
  if (text.trim() === "") throw new UsageError("--build is empty: allowed is a command, such as --build 'go build -o payments .'");
  return text;
}

/** The file that is watched, and what builds it. */
export interface Watched {
  readonly executable: string;
  readonly build?: (signal: AbortSignal) => Promise<void>;
  readonly sources?: Sources;
}

/** What a command line says of builds. */
export interface Wish {
  readonly command: string | undefined;
  readonly also: readonly string[];
  readonly ignore: readonly string[];
}

/**
 * Decides which file is watched, and what builds it.
 * @throws UsageError where nobody has said which file a build writes; UserError for a stack that runs an image
 */
export function whatToWatch(
  stack: string,
  configured: Configured,
  { engine, arch }: Machine,
  { command, also, ignore }: Wish,
  progress: Progress,
  context: Context,
): Watched {
  const { root, cwd, env } = context;
  const { settings } = configured;
  mustBePlain(configured, "service.binary", "service.image", "build");
  const { image, binary } = settings.service;
  if (image !== undefined) {
    throw new UserError(
      `stack "${stack}" runs the image ${image}, not a file that could be watched`,
      `./nitro swap -s ${stack} after each new image; or run a file: pulumi config rm --stack ${stack} --path nitro:service.image`,
    );
  }
  const executable = executableFile(root, stack, settings, arch);
  if (command !== undefined) {
    if (binary === undefined)
      throw new UsageError(
        `the settings of stack "${stack}" name no executable: say which file the build writes, such as --build 'go build -o payments .' --binary payments`,
      );
    const build = (signal: AbortSignal) => runBuild({ command, cwd, env, arch }, signal);
    return { executable, build, sources: { folder: cwd, also, ignore, output: executable } };
  }
  for (const [option, patterns] of Object.entries({ sources: also, ignore }))
    if (patterns.length > 0 && binary !== undefined) throw new UsageError(`--${option} is for --build, which is missing`);
  if (binary !== undefined) return { executable };
  const inContainer = settings.build.command !== undefined;
  const sources = { folder: inContainer ? resolve(root, settings.build.folder) : join(root, "sample"), also, ignore, output: executable };
  const build = async (signal: AbortSignal) => {
    if (inContainer) await buildFromSettings(engine, arch, { name: stack, settings }, progress, { root, env, signal });
    else await buildSample(await ensureGo(env), arch, context);
  };
  return { executable, build, sources };
}

interface WatchArgs {
  readonly swap: SwapArgs;
  readonly watched: Watched;
  readonly swapper: WatchParts["swapper"];
  readonly report: WatchReport;
  readonly arch: Arch;
  readonly context: Context;
}

async function watch({ swap, watched, swapper, report, arch, context }: WatchArgs): Promise<void> {
  const { engine, stack, roles } = swap;
  const { executable, build, sources } = watched;
  const engineAnswers = () =>
    engine.ping().then(
      () => true,
      () => false,
    );
  const crashes = new CrashGuard(engine, stack.name);
  const running = async () => {
    const containers = stackNames(stack.name).containers;
    const hashes = await Promise.all(roles.map(async (role) => (await readRunning(engine, containers[role]))?.sha256));
    return new Set(hashes).size === 1 ? hashes[0] : undefined;
  };
  const sealing = async (signal: AbortSignal) => {
    await crashes.reset();
    return sealingAfterSwap(engine, stack.name, context.root, signal);
  };
  // Of a stack that is gone meanwhile nothing is staged.
  const load = () => loadForAnyEngine(context.root, executable, arch, stack.name);
  const onSwap = () => crashes.pause();
  const parts: WatchParts = { executable, load, build, swapper, running, sealing, engineAnswers, onSwap, report };
  const gone = new AbortController();
  const loop = new WatchLoop(parts, AbortSignal.any([context.signal, gone.signal]));
  const checkAll = async () => {
    if (!loop.idle || !(await engineAnswers())) return;
    if (await isGone(engine, stack, ownerId(context.env))) gone.abort();
    else await check(parts, crashes);
  };
  const ends: Unwatch[] = [];
  context.signal.addEventListener("abort", () => {
    if (!loop.idle) swap.progress.line("ending, after what is under way; Ctrl-C again to end at once");
  });
  try {
    await crashes.reset();
    ends.push(watchFile(executable, () => loop.note("executable")));
    if (sources !== undefined) {
      const listener: SourceListener = {
        onChange: (change) => loop.noteSource(change),
        onPolling: () => report.tell({ event: "note", text: noRoomText }),
        onError: (first, count) => report.failed("failed", unwatched(sources, first, count)),
      };
      swap.progress.start(`looking for sources in ${sources.folder}`);
      ends.push(await watchSources(sources, listener, context.signal).finally(() => swap.progress.stop()));
    }
    await loop.run(() => {
      report.tell({ event: "ready", stack: stack.name, executable: shown(executable, context.cwd) });
      ends.push(every(checkMs, checkAll));
    });
    if (gone.signal.aborted)
      throw new UserError(`stack "${stack.name}" is gone: it was taken down meanwhile`, `./nitro up -s ${stack.name}`);
  } finally {
    for (const end of ends) end();
    await swapper.close();
  }
}

const noRoomText =
  "this machine has no room for further file watches: the sources are looked at every second; sudo sysctl fs.inotify.max_user_watches=1048576 fs.inotify.max_user_instances=1024 makes room";

/** While nothing is under way: what runs has to run, and what is armed has to fit, which cannot be had while a part crashes. */
async function check({ swapper, report }: WatchParts, crashes: CrashGuard): Promise<void> {
  const crashed = await crashes.look();
  if (crashed !== undefined) report.failed("crashed", crashed);
  await swapper.check();
}

/** Calls work again and again, never twice at a time; its errors are the next call's matter. */
function every(ms: number, work: () => Promise<void>): Unwatch {
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void work()
      .catch(() => {})
      .finally(() => {
        busy = false;
      });
  }, ms);
  return () => clearInterval(timer);
}

/** @param first of `count` errors */
function unwatched({ folder }: Sources, first: unknown, count: number): UserError {
  const what = count === 1 ? "one path" : `${count} paths`;
  const which = count === 1 ? "" : "the first of them: ";
  return new UserError(
    `${what} of the sources in ${folder} cannot be watched: ${which}${errorMessage(first)}`,
    "leave out what is no source: --ignore PATTERN, such as --ignore 'data/**'",
  );
}

/** A path as a person would write it here. */
function shown(path: string, cwd: string): string {
  const inside = relative(cwd, path);
  if (!inside.startsWith("..")) return inside;
  return path.startsWith(`${homedir()}/`) ? `~${path.slice(homedir().length)}` : path;
}
