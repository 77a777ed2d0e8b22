import { type Command, type CommandEntry, type CommandTable, entryNamed } from "./command.ts";
import {
  type Argument,
  type Completion,
  type Declaration,
  type Flag,
  helpOption,
  type Options,
  stackOption,
  type TextOption,
} from "./declaration.ts";
import { resolve } from "./resolve.ts";
import { firstWord, spelledOption } from "./scan.ts";

/** What may stand at a place of a command line. */
export interface Offer {
  readonly word: string;
  /** One line; empty where the word says it all. */
  readonly help: string;
}

/** What a shell is to offer: words, and files of its own finding. */
export interface Offers {
  readonly words: readonly Offer[];
  readonly files?: "files" | "folders" | undefined;
}

/** Reads the names of stacks; asked only where one may stand. */
export type KnownStacks = () => Promise<readonly string[]>;

const nothing: Offers = { words: [] };
const version: Offer = { word: "--version", help: "Print the version" };
const help: CommandEntry = { summary: "Say more of a command" };

/**
 * What may stand in place of the last word.
 * @param words of the command line after `nitro`, up to the one that is being typed
 */
export async function complete(table: CommandTable, words: readonly string[], stacks: KnownStacks): Promise<Offers> {
  const { before, current, prefix } = joined(words);
  const offers = await offersFor(table, before, current, stacks);
  const fitting = offers.words.filter(({ word }) => word.startsWith(current));
  return { ...offers, words: fitting.map(({ word, help }) => ({ word: word.slice(prefix.length), help })) };
}

/** bash parts words at "=": here they are whole again. `prefix` is what the shell does not replace of the current one. */
function joined(words: readonly string[]): { before: readonly string[]; current: string; prefix: string } {
  const whole: string[] = [];
  let prefix = "";
  for (const [index, word] of words.entries()) {
    const continues = word === "=" || (words[index - 1] === "=" && whole.at(-1)?.endsWith("=") === true);
    const start = continues ? (whole.pop() ?? "") : "";
    prefix = start === "" ? "" : `${start}${word === "=" ? "=" : ""}`;
    whole.push(start + word);
  }
  return { before: whole.slice(0, -1), current: whole.at(-1) ?? "", prefix };
}

async function offersFor(table: CommandTable, before: readonly string[], current: string, stacks: KnownStacks): Promise<Offers> {
  const at = firstWord(before, stackOption);
  const name = before[at];
  if (name === undefined) {
    const { words, files } = await nameOffers({ ...table, help }, undefined, before, current, stacks);
    return { words: before.length === 0 && current.startsWith("-") ? [...words, version] : words, files };
  }
  if (name === "help") return { words: namesIn(tableAt(table, before.slice(at + 1))) };
  if (entryNamed(table, name) === undefined) return nothing;
  const { entry, command, args } = await resolve(table, before);
  return await nameOffers(entry.commands ?? {}, command, args, current, stacks);
}

/** Where the name of a command in a table may stand, and what else a command takes that is written before it. */
async function nameOffers(
  table: CommandTable,
  command: Command | undefined,
  args: readonly string[],
  current: string,
  stacks: KnownStacks,
): Promise<Offers> {
  const declaration = command?.declaration ?? { options: stackOption };
  const own = await ownOffers(declaration, args, current, stacks);
  const named = firstWord(args, { ...stackOption, ...declaration.options }) !== args.length;
  if (named || current.startsWith("-")) return own;
  const names = namesIn(table);
  return command === undefined ? { words: names } : { ...own, words: [...names, ...own.words] };
}

function tableAt(table: CommandTable, path: readonly string[]): CommandTable {
  return path.reduce<CommandTable>((inner, word) => entryNamed(inner, word)?.commands ?? {}, table);
}

function namesIn(table: CommandTable): Offer[] {
  return Object.entries(table).map(([word, { summary: help }]) => ({ word, help }));
}

/** Inside the arguments of a command: the value of an option, an option, or an argument. */
async function ownOffers(declaration: Declaration, args: readonly string[], current: string, stacks: KnownStacks): Promise<Offers> {
  const options: Options = { ...stackOption, ...declaration.options };
  const given: string[] = [];
  let count = 0;
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? "";
    if (word === "--") return nothing;
    const option = spelledOption(word, options);
    if (option === undefined) {
      count++;
      continue;
    }
    given.push(option.name);
    if (option.takesNext && ++index === args.length) return valueOffers(options[option.name], stacks);
  }
  const value = await assigned(options, current, stacks);
  if (value !== undefined) return value;
  const all = optionNames({ ...declaration.options, ...helpOption }, given);
  if (current.startsWith("-"))
    return { words: declaration.rest?.after === "--" ? [...all, { word: "--", help: declaration.rest.help }] : all };
  const declared = Object.values(declaration.arguments ?? {});
  const last = declared.at(-1);
  const argument = declared[count] ?? (last?.multiple === true ? last : undefined);
  if (argument !== undefined) return valueOffers(argument, stacks);
  if (declaration.rest?.after === "--") return { words: [{ word: "--", help: declaration.rest.help }] };
  return { words: all };
}

/** The value in `--option=value`; undefined where the word is none of these. */
async function assigned(options: Options, current: string, stacks: KnownStacks): Promise<Offers | undefined> {
  const end = current.indexOf("=");
  const name = spelledOption(current, options)?.name;
  if (end === -1 || name === undefined || !current.startsWith("--")) return undefined;
  const { words } = await valueOffers(options[name], stacks);
  return { words: words.map(({ word, help }) => ({ word: `${current.slice(0, end + 1)}${word}`, help })) };
}

function optionNames(options: Options, given: readonly string[]): Offer[] {
  return Object.entries(options)
    .filter(([name, option]) => !given.includes(name) || (option.type === "string" && option.multiple === true))
    .map(([name, { help }]) => ({ word: `--${name}`, help }));
}

async function valueOffers(declared: Flag | TextOption | Argument | undefined, stacks: KnownStacks): Promise<Offers> {
  if (declared === undefined || ("type" in declared && declared.type === "boolean")) return nothing;
  const kind: Completion | undefined = declared.complete;
  const names = kind === "stacks" ? await stacks() : (declared.words ?? []);
  return { words: names.map((word) => ({ word, help: "" })), files: kind === "stacks" ? undefined : kind };
}
