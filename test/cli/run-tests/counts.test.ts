import { describe, expect, it } from "vitest";
import { closingLine, goCounts, judged, sum, vitestCounts } from "../../../cli/run-tests/counts.ts";

const counts = (passed: number, failed: number, skipped = 0) => ({ passed, failed, skipped });

describe("vitestCounts", () => {
  const report = (...files: { status: string; tests: string[] }[]) =>
    JSON.stringify({
      testResults: files.map(({ status, tests }) => ({ status, assertionResults: tests.map((each) => ({ status: each })) })),
    });

  it("counts tests", () => {
    const json = report(
      { status: "passed", tests: ["passed", "passed", "skipped"] },
      { status: "failed", tests: ["failed", "passed", "todo"] },
    );
    expect(vitestCounts(json)).toEqual(counts(3, 1, 2));
  });

  it("counts a file that could not be loaded as a failed test", () => {
    expect(vitestCounts(report({ status: "failed", tests: [] }, { status: "passed", tests: ["passed"] }))).toEqual(counts(1, 1));
  });
});

describe("goCounts", () => {
  const lines = (...events: object[]) => events.map((event) => JSON.stringify(event)).join("\n");

  it("counts tests and subtests", () => {
    const text = lines(
      { Action: "run", Package: "p", Test: "TestA" },
      { Action: "pass", Package: "p", Test: "TestA/sub" },
      { Action: "pass", Package: "p", Test: "TestA" },
      { Action: "skip", Package: "p", Test: "TestB" },
      { Action: "pass", Package: "p" },
    );
    expect(goCounts(text)).toEqual(counts(2, 0, 1));
  });

  it("counts a package that does not compile as a failed test, and one with failed tests by these", () => {
    const text = lines(
      { Action: "build-fail", ImportPath: "broken" },
      { Action: "fail", Package: "broken" },
      { Action: "fail", Package: "p", Test: "TestA" },
      { Action: "fail", Package: "p" },
    );
    expect(goCounts(`# broken\n${text}\n{not json`)).toEqual(counts(0, 2));
  });
});

describe("judged", () => {
  it("lets nothing pass that did not run", () => {
    expect(judged(counts(0, 0), true)).toEqual(counts(0, 1));
    expect(judged(counts(0, 0, 3), true)).toEqual(counts(0, 1, 3));
    expect(judged(counts(5, 0), false)).toEqual(counts(5, 1));
  });

  it("leaves what was counted alone", () => {
    expect(judged(counts(5, 0), true)).toEqual(counts(5, 0));
    expect(judged(counts(5, 2), false)).toEqual(counts(5, 2));
  });
});

describe("closingLine", () => {
  it("adds up, and names skipped tests only where there are some", () => {
    expect(closingLine(sum([counts(1, 2), counts(3, 0)]))).toBe("4 passed, 2 failed");
    expect(closingLine(counts(1, 0, 2))).toBe("1 passed, 0 failed, 2 skipped");
  });
});
