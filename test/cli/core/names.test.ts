import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { commandFile, commandNames, isCommandName } from "../../../cli/core/names.ts";

describe("commandNames", () => {
  it.each(commandNames)("%s has a file", (name) => {
    expect(existsSync(fileURLToPath(new URL(`../../../cli/${commandFile(name)}.ts`, import.meta.url)))).toBe(true);
  });

  it("does not know names of other files in the folder", () => {
    expect(isCommandName("docker")).toBe(false);
    expect(isCommandName("../index")).toBe(false);
  });
});
