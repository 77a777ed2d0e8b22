import { describe, expect, it } from "vitest";
import { oneOf, parseArguments, stackOption } from "../../../cli/core/command.ts";
import { UsageError } from "../../../common/errors.ts";

describe("parseArguments", () => {
  it("reads options in both forms and positionals", () => {
    const { values, positionals } = parseArguments(["-s", "alice", "service"], stackOption, 1);
    expect(values.stack).toBe("alice");
    expect(positionals).toEqual(["service"]);
  });

  it.each([
    [["--nope"], "Unknown option '--nope'"],
    [["-s"], "Option '-s, --stack <value>' argument missing"],
    [["one", "two"], 'unexpected argument "two"'],
  ])("refuses %j", (args, message) => {
    expect(() => parseArguments(args, stackOption, 1)).toThrow(new UsageError(message));
  });
});

describe("oneOf", () => {
  it("passes what is allowed and what was not given", () => {
    expect(oneOf("--bootstrap", "manual", ["auto", "manual"])).toBe("manual");
    expect(oneOf("--bootstrap", undefined, ["auto", "manual"])).toBeUndefined();
  });

  it("names the value seen and what is allowed", () => {
    expect(() => oneOf("--bootstrap", "never", ["auto", "manual"])).toThrow('--bootstrap is "never": allowed are auto, manual');
  });
});
