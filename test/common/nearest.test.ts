import { describe, expect, it } from "vitest";
import { commandNames } from "../../cli/core/commands.ts";
import { nearest } from "../../common/nearest.ts";

describe("nearest", () => {
  it.each([
    ["stauts", "status"],
    ["stat", "status"],
    ["swpa", "swap"],
    ["pu", "up"],
    ["output", "outputs"],
    ["log", "logs"],
  ])("%s is probably %s", (word, name) => {
    expect(nearest(word, commandNames)).toBe(name);
  });

  it("does not guess wildly", () => {
    expect(nearest("frobnicate", commandNames)).toBeUndefined();
    expect(nearest("x", commandNames)).toBeUndefined();
    expect(nearest("tcsh", ["bash", "zsh", "fish"])).toBeUndefined();
  });
});
