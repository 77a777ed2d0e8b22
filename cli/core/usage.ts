import type { CommandTable } from "./command.ts";
import {
  type Argument,
  type Declaration,
  type Example,
  type Flag,
  helpOption,
  type Options,
  placeholderOf,
  type TextOption,
} from "./declaration.ts";
import type { Resolved } from "./resolve.ts";

/** Lines are no longer than this, where they can be parted. */
const widest = 120;

type Row = readonly [left: string, right: string];

/** What `nitro help` prints: it loads no command. */
export function overview(table: CommandTable): string {
  return `nitro: a full payments environment of your own, seconds after you recompile

usage: nitro [-s STACK] <command> …

${rows(summaries({ ...table, help: { summary: "This; `nitro help <command>` says more, as `nitro <command> --help` does" } }))}
The stack is -s, else $NITRO_STACK, else your login name. \`nitro --version\`, or -v, prints the version.
`;
}

/** What `--help` prints for a command. */
export function usage({ path, entry, command }: Pick<Resolved, "path" | "entry" | "command">): string {
  const name = ["nitro", ...path].join(" ");
  const inner = entry.commands === undefined ? "" : `subcommands:\n${rows(summaries(entry.commands))}`;
  const more = inner === "" ? "" : `\`${name} <subcommand> --help\` says more.\n`;
  if (command === undefined)
    return sections(entry.summary, `usage: ${name} <subcommand> …`, inner, entry.notes === undefined ? more : `${entry.notes} ${more}`);
  const { notes = "", examples = [] } = command.declaration;
  return sections(
    entry.summary,
    synopsis(name, command.declaration),
    rows(argumentRows(command.declaration)),
    rows(optionRows(command.declaration)),
    notes,
    inner && inner + more,
    exampleLines(examples),
  );
}

/** What follows a usage error: few lines, so that the error stays in sight. Where a subcommand is missing or mistyped, the list of them. */
export function shortUsage(resolved: Pick<Resolved, "path" | "entry" | "command">): string {
  const { path, command } = resolved;
  if (command === undefined) return usage(resolved);
  const name = ["nitro", ...path].join(" ");
  return `${synopsis(name, command.declaration)}\n\n\`${name} --help\` says more.\n`;
}

function sections(...texts: readonly string[]): string {
  return texts
    .filter((text) => text !== "")
    .map((text) => `${text.trimEnd()}\n`)
    .join("\n");
}

function summaries(table: CommandTable): Row[] {
  return Object.entries(table).map(([name, { summary }]) => [name, summary]);
}

/** `usage: nitro up [-s STACK] …`, in as many lines as it takes. */
function synopsis(name: string, { arguments: declared = {}, options = {}, rest }: Declaration): string {
  const parts = [
    ...Object.entries(options).map(([option, is]) => (required(is) ? spelled(option, is) : `[${spelled(option, is)}]${repeated(is)}`)),
    ...Object.entries(declared).map(([argument, is]) => shownArgument(argument, is)),
    ...(rest === undefined ? [] : [rest.after === "--" ? `-- ${rest.placeholder}` : `[${rest.placeholder}]`]),
  ];
  const lead = `usage: ${name} `;
  return lead + fill(parts, widest - lead.length).join(`\n${" ".repeat(lead.length)}`);
}

function required(option: Flag | TextOption): boolean {
  return option.type === "boolean" && option.required === true;
}

function repeated(option: Flag | TextOption): string {
  return option.type === "string" && option.multiple === true ? "…" : "";
}

function spelled(name: string, option: Flag | TextOption): string {
  const shown = option.short === undefined ? `--${name}` : `-${option.short}`;
  return option.type === "string" ? `${shown} ${placeholderOf(name, option)}` : shown;
}

function shownArgument(name: string, argument: Argument): string {
  const shown = placeholderOf(name, argument) + (argument.multiple === true ? "…" : "");
  return argument.optional === true || argument.multiple === true ? `[${shown}]` : shown;
}

function argumentRows({ arguments: declared = {}, rest }: Declaration): Row[] {
  const own = Object.entries(declared).map(([name, argument]): Row => [placeholderOf(name, argument), argument.help]);
  return rest === undefined ? own : [...own, [rest.placeholder, rest.help]];
}

function optionRows({ options = {} }: Declaration): Row[] {
  const all: Options = { ...options, ...helpOption };
  return Object.entries(all).map(([name, option]) => {
    const short = option.short === undefined ? "   " : `-${option.short},`;
    const value = option.type === "string" ? ` ${placeholderOf(name, option)}` : "";
    const fallback = option.type === "string" && option.default !== undefined ? ` (default: ${option.default})` : "";
    return [`${short} --${name}${value}`, option.help + fallback];
  });
}

function exampleLines(examples: readonly Example[]): string {
  return examples.length === 0 ? "" : `examples:\n${rows(examples)}`;
}

/** Two columns; what does not fit into the right one goes on below it. */
function rows(pairs: readonly Row[]): string {
  const left = Math.max(0, ...pairs.map(([name]) => name.length)) + 2;
  return pairs
    .map(([name, text]) => `  ${name.padEnd(left)}${fill(text.split(" "), widest - left - 2).join(`\n${" ".repeat(left + 2)}`)}\n`)
    .join("");
}

/** Joins words with spaces to lines of at most a width; a word is never parted. */
function fill(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
