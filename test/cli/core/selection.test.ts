import { userInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { selectStack } from "../../../cli/core/selection.ts";
import { validStackName } from "../../../model/names.ts";

describe("selectStack", () => {
  it("takes the option, then NITRO_STACK, then the login name", () => {
    expect(selectStack("alice", { NITRO_STACK: "bob" })).toBe("alice");
    expect(selectStack(undefined, { NITRO_STACK: "bob" })).toBe("bob");
    expect(selectStack(undefined, { NITRO_STACK: "" })).toBe(validStackName(userInfo().username));
  });

  it("refuses a name that is not allowed, wherever it comes from", () => {
    expect(() => selectStack("Alice_1", {})).toThrow('for example "alice-1"');
    expect(() => selectStack(undefined, { NITRO_STACK: "a--b" })).toThrow("a--b");
  });

  it("refuses the name of the tracked template", () => {
    expect(() => selectStack("dev", {})).toThrow("Pulumi.dev.yaml");
  });
});
