import type { Options } from "./declaration.ts";

/** An option as it stands on a command line. */
export interface Spelled {
  /** Without hyphens. */
  readonly name: string;
  /** True where the next word is its value. */
  readonly takesNext: boolean;
}

/** @returns the declared option that a word of a command line is, or undefined */
export function spelledOption(word: string, options: Options): Spelled | undefined {
  if (word.startsWith("--")) {
    const [name = "", value] = word.slice(2).split("=", 2);
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    return option && { name, takesNext: option.type === "string" && value === undefined };
  }
  if (!word.startsWith("-")) return undefined;
  const found = Object.entries(options).find(([, { short }]) => short !== undefined && short === word[1]);
  return found && { name: found[0], takesNext: found[1].type === "string" && word.length === 2 };
}

/** @returns the index of the first word that is neither a declared option nor its value; the length or more where there is none */
export function firstWord(words: readonly string[], options: Options, from = 0): number {
  let index = from;
  for (;;) {
    const option = spelledOption(words[index] ?? "", options);
    if (option === undefined) return index;
    index += option.takesNext ? 2 : 1;
  }
}

/** --help counts only before `--`: what follows belongs to another program. */
export function wantsHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end === -1 ? args : args.slice(0, end)).some((arg) => arg === "--help" || arg === "-h");
}
