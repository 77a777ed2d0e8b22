import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { CommandTable } from "../../cli/core/command.ts";
import { commands } from "../../cli/core/commands.ts";
import { placeholderOf } from "../../cli/core/declaration.ts";
import { resolve } from "../../cli/core/resolve.ts";

const readme = readFileSync(fileURLToPath(new URL("../../README.md", import.meta.url)), "utf8");

/** The rows of README.md's table of commands, as cells; a bar inside a cell is written "\|". */
function rows(): string[][] {
  const lines = readme.split("\n");
  const first = lines.findIndex((line) => line.startsWith("| command | does |"));
  const end = lines.findIndex((line, index) => index > first && !line.startsWith("|"));
  return lines.slice(first + 2, end).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll("\\|", "|")),
  );
}

function named(table: CommandTable, before = ""): string[][] {
  return Object.entries(table).flatMap(([name, { summary, commands: inner = {} }]) => [
    [`\`${before}${name}\``, summary],
    ...named(inner, `${before}${name} `),
  ]);
}

test("README.md has every command, in order, with its summary", () => {
  expect(rows().map(([name, summary]) => [name, summary])).toEqual(named(commands));
});

/** The names, as rows have them, of what does nothing itself. */
function onlySubcommands(table: CommandTable, before = ""): string[] {
  return Object.entries(table).flatMap(([name, { load, commands: inner = {} }]) => [
    ...(load === undefined ? [`\`${before}${name}\``] : []),
    ...onlySubcommands(inner, `${before}${name} `),
  ]);
}

/** Words in backticks, but for those of rows that have only subcommands. */
const takers = rows().filter(([name]) => !onlySubcommands(commands).includes(name ?? ""));

test.each(takers)("README.md's row of %s names only what the command takes", async (name = "", _summary = "", takes = "") => {
  const { command } = await resolve(commands, name.replaceAll("`", "").split(" "));
  if (command === undefined) throw new Error(`${name} is no command`);
  const { options = {}, arguments: declared = {}, rest } = command.declaration;
  const shown = [
    ...Object.entries(options).flatMap(([option, is]) => [`--${option}`, ...(is.type === "string" ? [placeholderOf(option, is)] : [])]),
    ...Object.entries(declared).map(([argument, is]) => placeholderOf(argument, is)),
    ...(rest === undefined ? [] : [rest.placeholder.replace("…", ""), "--"]),
  ];
  const words = [...takes.matchAll(/`([^`]+)`/g)].flatMap(([, text = ""]) => text.split(" "));
  for (const word of words) expect(shown).toContain(word.replace(/^\[|\]$|…$/g, ""));
});
