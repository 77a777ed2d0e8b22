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

/**
 * The command itself.
 * @throws UsageError where a subcommand has to be named and is not, or what stands in its place can be nothing else
 */
export function commandIn({ entry, command, args }: Resolved): Command {
  const word = args[firstWord(args, { ...stackOption, ...command?.declaration.options })];
  if (command !== undefined) {
    if (word !== undefined && !word.startsWith("-")) refuseNearSubcommand(word, entry, command);
    return command;
  }
  if (word === undefined) throw new UsageError("the subcommand is missing");
  if (word.startsWith("-")) throw new UsageError(`"${word}" stands before the subcommand: write options after it`);
  const meant = nearest(word, Object.keys(entry.commands ?? {}));
  throw new UsageError(`there is no subcommand "${word}"${meant === undefined ? "" : `, did you mean ${meant}?`}`);
}

/** Of a command that does something itself: a word that it takes is its own affair. */
function refuseNearSubcommand(word: string, { commands = {} }: CommandEntry, { declaration }: Command): void {
  const names = Object.keys(commands);
  const argument = Object.values(declaration.arguments ?? {})[0];
  if (names.length === 0 || declaration.rest !== undefined) return;
  if (argument !== undefined && (argument.words === undefined || argument.words.includes(word))) return;
  const meant = nearest(word, [...names, ...(argument?.words ?? [])]);
  if (meant !== undefined && names.includes(meant)) throw new UsageError(`there is no subcommand "${word}", did you mean ${meant}?`);
  if (argument === undefined) throw new UsageError(`there is no subcommand "${word}": there are ${names.join(", ")}`);
}
