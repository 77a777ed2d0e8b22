import { describe, expect, expectTypeOf, it } from "vitest";
import { declareCommand } from "../../../cli/core/command.ts";
import { stackOption } from "../../../cli/core/declaration.ts";
import { anyText, duration, wholeNumber } from "../../../cli/core/values.ts";
import { UsageError } from "../../../common/errors.ts";

const run = async () => 0;
const logs = declareCommand({ options: stackOption, arguments: { role: { optional: true, help: "" } }, run });

describe("a command line", () => {
  it("has options in both forms, and arguments", () => {
    const { values, words } = logs.parse(["-s", "alice", "service"]);
    expect(values.stack).toBe("alice");
    expect(words).toEqual({ role: "service" });
    expect(logs.parse(["--stack=bob"])).toMatchObject({ values: { stack: "bob" }, words: { role: undefined } });
  });

  it.each([
    [["--nope"], "Unknown option '--nope'"],
    [["--stakc", "a"], "Unknown option '--stakc', did you mean --stack?"],
    [["--hlep"], "Unknown option '--hlep', did you mean --help?"],
    [["-x"], "Unknown option '-x'"],
    [["-s"], "Option '-s, --stack <value>' argument missing"],
    [["--stack", "-1"], "--stack has no value: what follows begins with a hyphen; if it is the value, write --stack=VALUE"],
    [["-s", "--stack"], "-s has no value: what follows begins with a hyphen; if it is the value, write --stack=VALUE"],
    [["one", "two"], 'unexpected argument "two"'],
  ])("refuses %j", (args, message) => {
    expect(() => logs.parse(args)).toThrow(new UsageError(message));
  });
});

describe("values", () => {
  const command = declareCommand({
    arguments: {
      table: { what: "the table", help: "" },
      ids: { multiple: true, read: (text: string, _: string, at: number) => `${at}${text}`, help: "" },
    },
    options: {
      bootstrap: { type: "string", words: ["auto", "manual"], help: "" },
      custodian: { type: "string", words: ["one"], read: anyText, default: "one", help: "" },
      count: { type: "string", read: wholeNumber(1, 10), default: "3", help: "" },
      also: { type: "string", multiple: true, help: "" },
      json: { type: "boolean", help: "" },
    },
    run,
  });

  it("are of the types that the declaration says", () => {
    const { values, words } = command.parse(["T", "--bootstrap", "manual", "a", "--count=7", "b", "--also", "x", "--also", "y", "--json"]);
    expectTypeOf(values).toEqualTypeOf<{
      readonly bootstrap: "auto" | "manual" | undefined;
      readonly custodian: string;
      readonly count: number;
      readonly also: readonly string[];
      readonly json: boolean;
    }>();
    expectTypeOf(words).toEqualTypeOf<{ readonly table: string; readonly ids: readonly string[] }>();
    expect(values).toMatchObject({ bootstrap: "manual", custodian: "one", count: 7, also: ["x", "y"], json: true });
    expect(words).toEqual({ table: "T", ids: ["0a", "1b"] });
  });

  it("are their defaults where nothing is given, and checked as if they were", () => {
    expect(command.parse(["T"])).toMatchObject({
      values: { bootstrap: undefined, custodian: "one", count: 3, also: [], json: false },
      words: { ids: [] },
    });
  });

  it.each([
    [["T", "--bootstrap", "never"], '--bootstrap is "never": allowed are auto, manual'],
    [["T", "--count", "11"], '--count is "11": allowed are whole numbers from 1 to 10'],
    [["T", "--count", "1e1"], '--count is "1e1": allowed are whole numbers from 1 to 10'],
    [["T", "--json=yes"], "Option '--json' does not take an argument"],
    [[], "the table is missing"],
  ])("%j is told what is wrong", (args, message) => {
    expect(() => command.parse(args)).toThrow(new UsageError(message));
  });

  it("are offered and not demanded where a reader of its own decides", () => {
    expect(command.parse(["T", "--custodian", "two"]).values.custodian).toBe("two");
  });

  it("an option without which nothing can be done is missed", () => {
    const wait = declareCommand({ options: { build: { type: "boolean", required: true, help: "" } }, run });
    expect(() => wait.parse([])).toThrow(new UsageError("--build is missing"));
    expect(wait.parse(["--build"]).values.build).toBe(true);
  });
});

describe("what is for another program", () => {
  const exec = declareCommand({
    arguments: { role: { help: "" } },
    options: stackOption,
    rest: { placeholder: "COMMAND…", help: "", after: "--", what: "the command" },
    run,
  });
  const test = declareCommand({
    arguments: { suite: { optional: true, help: "" } },
    options: { all: { type: "boolean", short: "a", help: "" } },
    rest: { placeholder: "FILTER…", help: "", after: "arguments", what: "the filter" },
    run,
  });

  it("stays as it is after --", () => {
    expect(exec.parse(["-s", "a", "redis", "--", "sh", "-s", "--", "x"])).toEqual({
      values: { stack: "a" },
      words: { role: "redis" },
      rest: ["sh", "-s", "--", "x"],
    });
    expect(() => exec.parse(["redis"])).toThrow(new UsageError("the command is missing: put it after --"));
    expect(() => exec.parse(["redis", "--"])).toThrow(new UsageError("the command is missing after --"));
  });

  it("or after the last argument, options among it", () => {
    expect(test.parse(["-s", "x", "-a", "unit", "-t", "swap", "-a"])).toMatchObject({
      values: { all: true },
      words: { suite: "unit" },
      rest: ["-t", "swap", "-a"],
    });
    expect(test.parse([])).toMatchObject({ words: { suite: undefined }, rest: [] });
    expect(() => test.parse(["--al", "unit"])).toThrow("did you mean --all?");
  });
});

it("reads times with their unit, within their bounds", () => {
  const read = duration(100, 3_600_000);
  expect(["100ms", "1.5s", "2m", "1h"].map((text) => read(text, "--for"))).toEqual([100, 1_500, 120_000, 3_600_000]);
  for (const text of ["10", "s", "-1s", "99ms", "2h", "1d", "1 s", ""])
    expect(() => read(text, "--for")).toThrow(`--for is "${text}": allowed are times such as 500ms, 10s or 2m, from 100 ms to 3600 s`);
});
