import { fileURLToPath } from "node:url";
import { styleText } from "node:util";
import type { Context } from "../../common/context.ts";
import { errorMessage, InterruptedError, UsageError, UserError } from "../../common/errors.ts";
import { trace } from "../../common/trace.ts";
import { projectVersion } from "../../toolchain/version.ts";
import type { Command } from "./command.ts";
import { commands } from "./commands.ts";
import { completionWord } from "./completion-word.ts";
import { stackOption } from "./declaration.ts";
import { runNoted } from "./mark-use.ts";
import { ofStack } from "./other-words.ts";
import { commandIn, type Resolved, resolve } from "./resolve.ts";
import { firstWord, wantsHelp } from "./scan.ts";
import { overview, shortUsage, usage } from "./usage.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const interruptedExitCode = 130;

/** Aborted when nobody reads the output any more. */
const unread = new AbortController();

function version(): string {
  return `nitro ${projectVersion(root)} (node ${process.versions.node})\n`;
}

/** First Ctrl-C or SIGTERM: a clean stop for commands that know how; the second, or any other command: the end. */
function interruptible({ declaration }: Command): Pick<Context, "signal" | "kill"> {
  const stop = new AbortController();
  const kill = new AbortController();
  const onSignal = () => {
    if (declaration.stopsCleanly === true && !stop.signal.aborted) return stop.abort();
    kill.abort();
    process.exit(interruptedExitCode);
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, onSignal);
  unread.signal.addEventListener("abort", () => {
    if (declaration.unread === "end") process.exit(0);
    if (declaration.unread === "stop") stop.abort();
  });
  // Pulumi's own listener, which is there while a program runs, would go on as if nothing had happened.
  process.prependListener("uncaughtException", (error, origin) => {
    if (origin === "unhandledRejection" && process.listenerCount("unhandledRejection") > 0) return;
    report(error);
    kill.abort();
    process.exit(1);
  });
  return { signal: stop.signal, kill: kill.signal };
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const at = firstWord(argv, stackOption);
  if (argv.length > 0 && at >= argv.length) throw commandMissing(argv);
  const [word = "help", ...rest] = argv.slice(at);
  if (word === "help" || word === "--help" || word === "-h") {
    process.stdout.write(await help(rest));
    return 0;
  }
  if (word === "--version" || word === "-v" || word === "version") {
    process.stdout.write(version());
    return 0;
  }
  if (word === completionWord) {
    process.stdout.write(await completionLines(rest));
    return 0;
  }
  return await runCommand(await resolve(commands, argv));
}

function commandMissing(argv: readonly string[]): UserError {
  const stack = ofStack(argv);
  if (stack === "") return new UserError("the command is missing", "./nitro help");
  return new UserError("the command is missing beside the stack", `./nitro status${stack}, or another one of ./nitro help`);
}

/** @param words the command that is asked about */
async function help(words: readonly string[]): Promise<string> {
  const topic = words.filter((word) => !word.startsWith("-"));
  return topic.length === 0 ? overview(commands) : usage(await resolve(commands, topic));
}

/** For the scripts of `nitro completion`: a line for each word, its help after a tab; `:files` or `:folders` where the shell is to look for these. */
async function completionLines(words: readonly string[]): Promise<string> {
  const [{ complete }, { knownStacks }] = await Promise.all([import("./complete.ts"), import("../../automation/known-stacks.ts")]);
  const { words: offers, files } = await complete(commands, words, () => knownStacks(process.env, root));
  const lines = offers.map(({ word, help }) => (help === "" ? word : `${word}\t${help}`));
  return [...lines, ...(files === undefined ? [] : [`:${files}`])].map((line) => `${line}\n`).join("");
}

async function runCommand(resolved: Resolved): Promise<number> {
  const { path, args } = resolved;
  if (wantsHelp(args)) {
    process.stdout.write(usage(resolved));
    return 0;
  }
  const { stdin, stdout, stderr, env } = process;
  try {
    const command = commandIn(resolved);
    const context: Context = { env, cwd: process.cwd(), stdin, stdout, stderr, root, ...interruptible(command) };
    trace(env, "node started", performance.timeOrigin);
    trace(env, `command ${path[0] ?? ""}`);
    return await runNoted(command, args, context);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    report(error);
    process.stderr.write(`\n${shortUsage(resolved)}`);
    return 1;
  }
}

function report(error: unknown): void {
  const debug = process.env.NITRO_DEBUG === "1";
  process.stderr.write(`${styleText("red", "error:", { stream: process.stderr })} ${errorMessage(error)}\n`);
  if (error instanceof UserError && error.hint !== undefined) process.stderr.write(`  ${error.hint}\n`);
  if (debug && error instanceof Error)
    process.stderr.write(`${error.stack ?? ""}\n${error.cause === undefined ? "" : `cause: ${String(error.cause)}\n`}`);
  else if (!(error instanceof UserError)) process.stderr.write("  this was not expected: NITRO_DEBUG=1 shows where it happened\n");
}

for (const stream of [process.stdout, process.stderr]) {
  // Each write to a pipe that nobody reads fails again.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    unread.abort();
  });
}

/** A pipe takes what its reader has room for: the rest is still on its way when a command is done. */
async function end(code: number): Promise<never> {
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise<void>((resolve) => stream.write("", () => resolve()))));
  process.exit(code);
}

// Ends at once: what is still under way when a command fails (an image being built) is not waited for.
try {
  await end(await dispatch(process.argv.slice(2)));
} catch (error) {
  report(error);
  await end(error instanceof InterruptedError ? interruptedExitCode : 1);
}
