import { describe, expect, it } from "vitest";
import { selection } from "../../../cli/run-tests/run-tests.ts";
import { UsageError } from "../../../common/errors.ts";

describe("selection", () => {
  it("runs everything where no suite is named", () => {
    expect(selection([])).toEqual({ names: ["lint", "unit", "go", "e2e"], filters: [] });
  });

  it("passes on what follows a suite", () => {
    expect(selection(["go", "-run", "TestSubmit"])).toEqual({ names: ["go"], filters: ["-run", "TestSubmit"] });
  });

  it("names the suites where there is no such one", () => {
    expect(() => selection(["units"])).toThrow(new UsageError('there is no suite "units": allowed are lint, unit, go, e2e'));
  });
});
