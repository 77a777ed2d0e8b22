import { UsageError, UserError } from "../../common/errors.ts";
import { nearest } from "../../common/nearest.ts";
import { type Command, type CommandEntry, type CommandTable, entryNamed } from "./command.ts";
import { stackOption } from "./declaration.ts";
import { commandMeant } from "./other-words.ts";
import { firstWord } from "./scan.ts";

/** The command that a command line is for. */
export interface Resolved {
  /** Its name; of a subcommand all its words. */
  readonly path: readonly string[];
  readonly entry: CommandEntry;
  /** Undefined where a subcommand is missing or is none. */
  readonly command: Command | undefined;
  /** What is left for it: options written before its name come first. */
  readonly args: readonly string[];
}

/**
 * Finds a command and loads it.
 * @param words of the command line, without `nitro`; there is a name among them
 * @throws UserError for a name that is none
 */
export async function resolve(table: CommandTable, words: readonly string[]): Promise<Resolved> {
  const at = firstWord(words, stackOption);
  const name = words[at] ?? "";
  const entry = entryNamed(table, name);
  if (entry !== undefined) return await descend([name], entry, words.toSpliced(at, 1));
  const near = nearest(name, Object.keys(table));
  const asked = near === undefined ? "" : `, did you mean ${near}?`;
  throw new UserError(`unknown command "${name}"${asked}`, commandMeant(name, words.toSpliced(at, 1), Object.keys(table)));
}

async function descend(path: readonly string[], entry: CommandEntry, args: readonly string[]): Promise<Resolved> {
  const command = (await entry.load?.())?.command;
  const here = { path, entry, command, args };
  if (entry.commands === undefined) return here;
  const at = firstWord(args, { ...stackOption, ...command?.declaration.options });
  const word = args[at] ?? "";
  const inner = entryNamed(entry.commands, word);
  return inner === undefined ? here : await descend([...path, word], inner, args.toSpliced(at, 1));
}

/** What is wrong with a command line that names no subcommand where one has to be. */
export function subcommandProblem({ entry, args }: Resolved): UsageError {
  const word = args[firstWord(args, stackOption)];
  if (word === undefined) return new UsageError("the subcommand is missing");
  if (word.startsWith("-")) return new UsageError(`"${word}" stands before the subcommand: write options after it`);
  const meant = nearest(word, Object.keys(entry.commands ?? {}));
  return new UsageError(`there is no subcommand "${word}"${meant === undefined ? "" : `, did you mean ${meant}?`}`);
}
