import { parseArgs } from "node:util";
import { errorCode, errorMessage, UsageError } from "../../common/errors.ts";
import { nearest, suggestion } from "../../common/nearest.ts";
import {
  type Argument,
  type Arguments,
  type Declaration,
  type Options,
  placeholderOf,
  stackOption,
  type TextOption,
} from "./declaration.ts";
import { firstWord } from "./scan.ts";

/** A command line that was understood, before its declaration gives it types. */
export interface ParsedWords {
  readonly values: Readonly<Record<string, unknown>>;
  readonly words: Readonly<Record<string, unknown>>;
  readonly rest: readonly string[];
}

/**
 * Parses the arguments of a command by its declaration: node's parseArgs, with usage errors. (`--help` never arrives here: main answers it.)
 * @param args what follows the command's name
 * @throws UsageError for unknown options, missing or superfluous arguments, and values that are not allowed
 */
export function parseCommandLine(declaration: Declaration, args: readonly string[]): ParsedWords {
  const options: Options = { ...stackOption, ...declaration.options };
  const [own, rest] = withoutRest(declaration, args, options);
  const { values, positionals } = parse(own, options);
  return { values: readOptions(options, values), words: readArguments(declaration.arguments ?? {}, positionals), rest };
}

/** Parts what the command looks at from what it passes on. */
function withoutRest({ rest, arguments: declared = {} }: Declaration, args: readonly string[], options: Options): [string[], string[]] {
  if (rest === undefined) return [[...args], []];
  if (rest.after === "--") {
    const end = args.indexOf("--");
    if (end === -1) throw new UsageError(`${rest.what} is missing: put it after --`);
    if (end === args.length - 1) throw new UsageError(`${rest.what} is missing after --`);
    return [args.slice(0, end), args.slice(end + 1)];
  }
  let end = 0;
  for (const _ of Object.keys(declared)) {
    end = firstWord(args, options, end);
    // An option that is not known: the parser says so.
    if (args[end]?.startsWith("-") === true) return [[...args], []];
    end++;
  }
  return [args.slice(0, end), args.slice(end)];
}

type Raw = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

function parse(args: string[], options: Options): { readonly values: Raw; readonly positionals: readonly string[] } {
  const config = Object.fromEntries(
    Object.entries(options).map(([name, option]) => {
      const { type, short } = option;
      const multiple = type === "string" && option.multiple === true;
      return [name, { type, multiple, ...(short === undefined ? {} : { short }) }] as const;
    }),
  );
  try {
    return parseArgs({ args, options: config, allowPositionals: true, strict: true });
  } catch (error) {
    if (errorCode(error)?.startsWith("ERR_PARSE_ARGS_") !== true) throw error;
    const text = errorMessage(error);
    const [, unclear, spelled] = /^Option '(\S+)' argument is ambiguous[\s\S]*'(--[\w-]+)=-XYZ'/.exec(text) ?? [];
    if (unclear !== undefined)
      throw new UsageError(`${unclear} has no value: what follows begins with a hyphen; if it is the value, write ${spelled}=VALUE`);
    throw new UsageError(`${firstSentence(text)}${meantOption(args, config, options)}`);
  }
}

/** node explains at length how to write a positional that begins with a hyphen: the first sentence says what is wrong. */
function firstSentence(text: string): string {
  return text.split(/\. |\n/)[0] ?? text;
}

/** Names the option that an unknown one probably means. */
function meantOption(args: string[], config: NonNullable<Parameters<typeof parseArgs>[0]>["options"], options: Options): string {
  const { tokens } = parseArgs({ args, options: config, allowPositionals: true, strict: false, tokens: true });
  const unknown = tokens.find((token) => token.kind === "option" && !Object.hasOwn(options, token.name));
  if (unknown?.kind !== "option" || !unknown.rawName.startsWith("--")) return "";
  const meant = nearest(unknown.name, [...Object.keys(options), "help"]);
  return meant === undefined ? "" : `, did you mean --${meant}?`;
}

function readOptions(options: Options, values: Raw): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).map(([name, option]) => [name, readOption(name, option, values[name])]));
}

function readOption(name: string, option: Options[string], given: Raw[string]): unknown {
  if (option.type === "boolean") {
    if (option.required === true && given !== true) throw new UsageError(`--${name} is missing`);
    return given === true;
  }
  if (option.multiple === true)
    return (Array.isArray(given) ? given : []).map((text, index) => read(option, `--${name}`, String(text), index));
  const text = given ?? option.default;
  return text === undefined ? undefined : read(option, `--${name}`, String(text));
}

function readArguments(declared: Arguments, positionals: readonly string[]): Record<string, unknown> {
  const words: Record<string, unknown> = {};
  let next = 0;
  for (const [name, argument] of Object.entries(declared)) {
    const shown = argument.what ?? placeholderOf(name, argument);
    if (argument.multiple === true) {
      words[name] = positionals.slice(next).map((text, index) => read(argument, shown, text, index));
      return words;
    }
    const text = positionals[next++];
    if (text === undefined && argument.optional !== true) throw new UsageError(`${shown} is missing`);
    words[name] = text === undefined ? undefined : read(argument, shown, text);
  }
  const extra = positionals[next];
  if (extra !== undefined) throw new UsageError(`unexpected argument "${extra}"`);
  return words;
}

function read(declared: TextOption | Argument, name: string, text: string, index = 0): unknown {
  // An empty path would be the folder that the command runs in: nobody means that.
  if (text === "" && (declared.complete === "files" || declared.complete === "folders"))
    throw new UsageError(`${name} is empty: allowed is the path of a ${declared.complete.slice(0, -1)}`);
  if (declared.read !== undefined) return declared.read(text, name, index);
  if (declared.words === undefined || declared.words.includes(text)) return text;
  throw new UsageError(`${name} is "${text}"${suggestion(text, declared.words)}: allowed are ${declared.words.join(", ")}`);
}
