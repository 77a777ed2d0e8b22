import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { commandNames, isCommandName } from "../../cli/names.ts";

describe("commandNames", () => {
  it.each(commandNames)("%s has a file of its own", (name) => {
    expect(existsSync(fileURLToPath(new URL(`../../cli/${name}.ts`, import.meta.url)))).toBe(true);
  });

  it("does not know names of other files in the folder", () => {
    expect(isCommandName("docker")).toBe(false);
    expect(isCommandName("../index")).toBe(false);
  });
});
