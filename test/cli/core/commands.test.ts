import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { type CommandTable, entryNamed } from "../../../cli/core/command.ts";
import { commands } from "../../../cli/core/commands.ts";
import { completionWord } from "../../../cli/core/completion-word.ts";
import { resolve } from "../../../cli/core/resolve.ts";
import { usage } from "../../../cli/core/usage.ts";

function pathsOf(table: CommandTable, before: readonly string[] = []): (readonly string[])[] {
  return Object.entries(table).flatMap(([name, { commands: inner = {} }]) => [[...before, name], ...pathsOf(inner, [...before, name])]);
}

const paths = pathsOf(commands);

/** What a shell makes of a line: its words. */
function shellWords(line: string): string[] {
  const { stdout } = spawnSync("bash", ["-c", `nitro() { printf '%s\\0' "$@"; }\n${line}`], { encoding: "utf8" });
  return stdout.split("\0").slice(0, -1);
}

describe("the table of commands", () => {
  it("does not know names of other files in the folder, nor of what every object has", () => {
    for (const word of ["docker", "../index", "constructor", "toString", ""]) expect(entryNamed(commands, word)).toBeUndefined();
  });

  it("has no names that the command line keeps for itself", () => {
    for (const word of ["help", "version", completionWord]) expect(entryNamed(commands, word)).toBeUndefined();
  });
});

describe.each(paths.map((path) => ({ path, name: path.join(" ") })))("$name", ({ path, name }) => {
  it("has one line of summary, and a usage with every argument and option", async () => {
    const resolved = await resolve(commands, path);
    expect(resolved.path).toEqual(path);
    expect(resolved.entry.summary).toMatch(/^\S.*[^.]$/);
    const text = usage(resolved);
    expect(text).toMatch(new RegExp(`^${resolved.entry.summary.replace(/[?]/g, "\\?")}\n\nusage: nitro ${name} `));
    for (const line of text.split("\n")) expect(line).toBe(line.trimEnd());
    const { arguments: declared = {}, options = {} } = resolved.command?.declaration ?? {};
    for (const [option, { help }] of Object.entries(options)) {
      expect(help).toMatch(/^\S.*[^.]$/);
      expect(text).toMatch(new RegExp(`^  (-\\w,|   ) --${option} .*\\S`, "m"));
    }
    for (const { help } of Object.values(declared)) expect(help).toMatch(/^\S.*[^.]$/);
  });

  it("takes -s, before its name too, and knows what its examples say", async () => {
    const resolved = await resolve(commands, ["-s", "alice", ...path]);
    expect(resolved.path).toEqual(path);
    expect(resolved.args).toEqual(["-s", "alice"]);
    for (const [line] of resolved.command?.declaration.examples ?? []) {
      const words = shellWords(line);
      const example = await resolve(commands, ["--stack", "alice", ...words]);
      expect(example.path, line).toEqual(path);
      expect(() => example.command?.parse(example.args), line).not.toThrow();
    }
  });
});
