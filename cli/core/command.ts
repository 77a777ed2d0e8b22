import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import type { Context } from "../../common/context.ts";
import { errorCode, errorMessage, UsageError } from "../../common/errors.ts";

/** One `nitro` command. Its file exports it as `command`. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** Printed for --help and after a usage error; begins with `nitro <name>`. */
  readonly usage: string;
  /** True where the command itself watches `context.signal` and ends soon after it is aborted. */
  readonly stopsCleanly?: boolean;
  /** The command that a first word stands for, such as `nitro ledger query`; its `run` gets what follows that word. */
  subcommand?(word: string): Promise<Command | undefined>;
  /**
   * @param args what follows the command's name
   * @returns the exit code
   */
  run(args: string[], context: Context): Promise<number>;
}

/** The option that every command about a stack has; resolve it by selectStack. */
export const stackOption = { stack: { type: "string", short: "s" } } as const;

/**
 * Parses the arguments of a command: node's parseArgs, with usage errors. (`--help` never arrives here: main answers it.)
 * @throws UsageError for unknown options, missing values and positionals beyond `positionals`
 */
export function parseArguments<T extends ParseArgsOptionsConfig>(args: string[], options: T, positionals = 0) {
  const parsed = parse(args, options);
  const extra = parsed.positionals[positionals];
  if (extra !== undefined) throw new UsageError(`unexpected argument "${extra}"`);
  return parsed;
}

function parse<T extends ParseArgsOptionsConfig>(args: string[], options: T) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    if (errorCode(error)?.startsWith("ERR_PARSE_ARGS_")) throw new UsageError(firstSentence(errorMessage(error)));
    throw error;
  }
}

/** node explains at length how to write a positional that begins with a hyphen: the first sentence says what is wrong. */
function firstSentence(text: string): string {
  return text.split(/\. |\n/)[0] ?? text;
}

/**
 * @param value what was given for `option`
 * @returns it, as one of the allowed words; undefined where the option was not given
 * @throws UsageError for any other word
 */
export function oneOf<T extends string>(option: string, value: string | undefined, allowed: readonly T[]): T | undefined {
  if (value === undefined) return undefined;
  const found = allowed.find((word) => word === value);
  if (found === undefined) throw new UsageError(`${option} is "${value}": allowed are ${allowed.join(", ")}`);
  return found;
}
