import { join } from "node:path";
import { configure } from "../../automation/configured.ts";
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
import { liveRoles } from "../../executable/live-override.ts";
import { loadForAnyEngine } from "../../executable/loading.ts";
import { readRunning } from "../../executable/running.ts";
import { executableFile } from "../../executable/staging.ts";
import { stackNames } from "../../model/names.ts";
import { nitroHome } from "../../toolchain/home.ts";
import { ownerId } from "../../toolchain/owner.ts";
import { declareCommand } from "../core/command.ts";
import { stackOption } from "../core/declaration.ts";
import { settingChanges, settingOptions, takeOverOption } from "../core/options.ts";
import { selectStack } from "../core/selection.ts";
import { endKeeper } from "../keeper/client.ts";
import { CrashGuard } from "./crashes.ts";
import { DeclaredSwapper } from "./declared.ts";
import { type SourceListener, type Unwatch, watchFile, watchSources } from "./files.ts";
import { LiveSwapper } from "./live.ts";
import { WatchLoop, type WatchParts } from "./loop.ts";
import { NamedFile } from "./named-file.ts";
import { WatchReport } from "./report.ts";
import { SettingsTrial } from "./settings-trial.ts";
import type { Sources } from "./sources.ts";
import { shownHere, type Watched, whatToWatch } from "./watched.ts";

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
        const { arch } = await engine.ping();
        const wish = { named: values.binary !== undefined, command: values.build, also: values.sources, ignore: values.ignore };
        const watched = whatToWatch(name, configured, { engine, arch }, wish, progress, context);
        const swapper = values.live ? new LiveSwapper(swap, ownerId(context.env)) : new DeclaredSwapper(swap);
        if (values.live) await swapper.arm();
        const trial = new SettingsTrial(configured.file);
        try {
          const args = { swap, swapper, trial, report, arch, context };
          for (let now = watched; await watch({ ...args, watched: now }); ) {
            const before = now.executable;
            const settings = await configure(name, context, { files: [] });
            now = whatToWatch(name, settings, { engine, arch }, { ...wish, named: false }, progress, context);
            const [old, other] = [before, now.executable].map((path) => shownHere(path, context.cwd));
            report.tell({ event: "note", text: `the settings of stack "${name}" name ${other} by now: it is watched instead of ${old}` });
          }
        } finally {
          // What a live watch declares at its end is what the settings are to say.
          await trial.end();
          await swapper.close();
        }
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

interface WatchArgs {
  readonly swap: SwapArgs;
  readonly watched: Watched;
  readonly swapper: WatchParts["swapper"];
  readonly trial: SettingsTrial;
  readonly report: WatchReport;
  readonly arch: Arch;
  readonly context: Context;
}

/** @returns true once the settings name another executable; false where it was stopped */
async function watch({ swap, watched, swapper, trial, report, arch, context }: WatchArgs): Promise<boolean> {
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
  const onSwap = async () => {
    await trial.begin();
    crashes.pause();
  };
  const onProof = () => trial.keep();
  const parts: WatchParts = { executable, load, build, swapper, running, sealing, engineAnswers, onSwap, onProof, report };
  const gone = new AbortController();
  const renamed = new AbortController();
  const loop = new WatchLoop(parts, AbortSignal.any([context.signal, gone.signal, renamed.signal]));
  const named = new NamedFile(stack, async () => {
    const { settings } = await configure(stack.name, context, { files: [] });
    return executableFile(context.root, stack.name, settings, arch);
  });
  const checkAll = async () => {
    if (!loop.idle || !(await engineAnswers())) return;
    if (await isGone(engine, stack, ownerId(context.env))) gone.abort();
    else if (!trial.pending && (await named.isOther(executable))) renamed.abort();
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
      report.tell({ event: "ready", stack: stack.name, executable: shownHere(executable, context.cwd) });
      ends.push(every(checkMs, checkAll));
    });
    if (gone.signal.aborted)
      throw new UserError(`stack "${stack.name}" is gone: it was taken down meanwhile`, `./nitro up -s ${stack.name}`);
    return renamed.signal.aborted && !context.signal.aborted;
  } finally {
    for (const end of ends) end();
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
