import { describe, expect, it } from "vitest";
import { command, suitesOf } from "../../../cli/run-tests/run-tests.ts";
import { UsageError } from "../../../common/errors.ts";

describe("selection", () => {
  it("runs everything but what is slow where no suite is named", () => {
    const { words, rest } = command.parse([]);
    expect(suitesOf(words.suite)).toEqual(["lint", "unit", "go", "e2e"]);
    expect(rest).toEqual([]);
  });

  it("runs what is slow where that is asked for, once", () => {
    const asked = command.parse(["--slow"]);
    expect(suitesOf(asked.words.suite, asked.values.slow)).toEqual(["lint", "unit", "go", "e2e", "slow"]);
    const named = command.parse(["--slow", "slow", "arm"]);
    expect(suitesOf(named.words.suite, named.values.slow)).toEqual(["slow"]);
    expect(named.rest).toEqual(["arm"]);
    const beside = command.parse(["--slow", "go"]);
    expect(suitesOf(beside.words.suite, beside.values.slow)).toEqual(["go", "slow"]);
  });

  it("passes on what follows a suite", () => {
    const { words, rest } = command.parse(["go", "-run", "TestSubmit"]);
    expect(suitesOf(words.suite)).toEqual(["go"]);
    expect(rest).toEqual(["-run", "TestSubmit"]);
  });

  it("names the suites where there is no such one", () => {
    expect(() => command.parse(["units"])).toThrow(new UsageError('there is no suite "units": allowed are lint, unit, go, e2e, slow'));
  });
});
