import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { styleText } from "node:util";
import type { Context } from "../../common/context.ts";
import { errorMessage, InterruptedError, UsageError, UserError } from "../../common/errors.ts";
import { nearest } from "../../common/nearest.ts";
import { trace } from "../../common/trace.ts";
import type { Command } from "./command.ts";
import { type CommandName, commandFile, commandNames, isCommandName } from "./names.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const interruptedExitCode = 130;

async function load(name: CommandName): Promise<Command> {
  const module = (await import(`../${commandFile(name)}.ts`)) as { command: Command };
  return module.command;
}

/** The command that arguments are for, and what is left of them. */
async function resolve(name: CommandName, args: string[]): Promise<[command: Command, args: string[]]> {
  const command = await load(name);
  const [word, ...rest] = args;
  const inner = word === undefined ? undefined : await command.subcommand?.(word);
  return inner === undefined ? [command, args] : [inner, rest];
}

async function help(): Promise<string> {
  const summaries = await Promise.all(commandNames.map(async (name) => `  ${name.padEnd(9)} ${(await load(name)).summary}\n`));
  return (
    `nitro: a full payments environment of your own, seconds after you recompile\n\nusage: nitro <command> [-s STACK] …\n\n${summaries.join("")}\n` +
    "`nitro <command> --help` says more. The stack is -s, else $NITRO_STACK, else your login name.\n"
  );
}

function version(): string {
  const { version } = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as { version: string };
  return `nitro ${version} (node ${process.versions.node})\n`;
}

/** --help counts only before `--`: what follows belongs to another program. */
function wantsHelp(args: string[]): boolean {
  const end = args.indexOf("--");
  return (end === -1 ? args : args.slice(0, end)).some((arg) => arg === "--help" || arg === "-h");
}

/** First Ctrl-C or SIGTERM: a clean stop for commands that know how; the second, or any other command: the end. */
function interruptible(command: Command): Pick<Context, "signal" | "kill"> {
  const stop = new AbortController();
  const kill = new AbortController();
  const onSignal = () => {
    if (command.stopsCleanly === true && !stop.signal.aborted) return stop.abort();
    kill.abort();
    process.exit(interruptedExitCode);
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, onSignal);
  return { signal: stop.signal, kill: kill.signal };
}

async function dispatch(argv: string[]): Promise<number> {
  const [name, ...args] = argv;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    const [topic, ...words] = args;
    const about = topic !== undefined && isCommandName(topic) ? usage((await resolve(topic, words))[0]) : await help();
    process.stdout.write(about);
    return 0;
  }
  if (name === "--version" || name === "version") {
    process.stdout.write(version());
    return 0;
  }
  if (!isCommandName(name)) {
    const meant = nearest(name, commandNames);
    throw new UserError(`unknown command "${name}"`, meant === undefined ? "./nitro help" : `./nitro ${meant}`);
  }
  const [command, own] = await resolve(name, args);
  if (wantsHelp(own)) {
    process.stdout.write(usage(command));
    return 0;
  }
  const { stdin, stdout, stderr, env } = process;
  const context: Context = { env, cwd: process.cwd(), stdin, stdout, stderr, root, ...interruptible(command) };
  trace(env, "node started", performance.timeOrigin);
  trace(env, `command ${name}`);
  try {
    return await command.run(own, context);
  } catch (error) {
    if (error instanceof UsageError) process.stderr.write(`${usage(command)}\n`);
    throw error;
  }
}

function usage(command: Command): string {
  return `${command.summary}\n\nusage: ${command.usage.trimEnd()}\n`;
}

function report(error: unknown): void {
  const debug = process.env.NITRO_DEBUG === "1";
  process.stderr.write(`${styleText("red", "error:", { stream: process.stderr })} ${errorMessage(error)}\n`);
  if (error instanceof UserError && error.hint !== undefined) process.stderr.write(`  ${error.hint}\n`);
  if (debug && error instanceof Error)
    process.stderr.write(`${error.stack ?? ""}\n${error.cause === undefined ? "" : `cause: ${String(error.cause)}\n`}`);
  else if (!(error instanceof UserError)) process.stderr.write("  this was not expected: NITRO_DEBUG=1 shows where it happened\n");
}

// A reader that closes early (`nitro logs | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

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
