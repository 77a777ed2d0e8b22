/** How many tests of a suite ended how. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const noTests: TestCounts = { passed: 0, failed: 0, skipped: 0 };

/** The counts of one check that is a test by itself, such as a linter's run. */
export function single(ok: boolean): TestCounts {
  return { ...noTests, ...(ok ? { passed: 1 } : { failed: 1 }) };
}

export function sum(all: readonly TestCounts[]): TestCounts {
  return all.reduce(
    (total, { passed, failed, skipped }) => ({
      passed: total.passed + passed,
      failed: total.failed + failed,
      skipped: total.skipped + skipped,
    }),
    noTests,
  );
}

/** @returns "12 passed, 0 failed", and ", 1 skipped" where some were */
export function closingLine({ passed, failed, skipped }: TestCounts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/**
 * A runner that ends badly without a failed test, or well without any test, has failed once: nothing may pass by not running.
 * @param ok the runner's exit code was 0
 */
export function judged(counts: TestCounts, ok: boolean): TestCounts {
  const silent = counts.failed === 0 && (!ok || counts.passed === 0);
  return silent ? { ...counts, failed: 1 } : counts;
}

interface VitestReport {
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { readonly status: string }[] }[];
}

/**
 * Counts what vitest's JSON reporter wrote. A file that could not be loaded counts as one failed test.
 * @throws SyntaxError where the text is not JSON
 */
export function vitestCounts(json: string): TestCounts {
  const { testResults } = JSON.parse(json) as VitestReport;
  return sum(
    testResults.map(({ status, assertionResults }) => {
      const all = sum(assertionResults.map((each) => assertion(each.status)));
      return status === "failed" && all.failed === 0 ? { ...all, failed: 1 } : all;
    }),
  );
}

function assertion(status: string): TestCounts {
  if (status === "passed" || status === "failed") return single(status === "passed");
  return { ...noTests, skipped: 1 };
}

/** One line of `go test -json` (see `go doc test2json`). */
export interface GoEvent {
  readonly Action: string;
  readonly Output?: string;
  readonly Package?: string;
  readonly Test?: string;
}

/**
 * Counts what `go test -json` wrote: tests and subtests by how they ended. A package that failed without a failed test (it does not
 * compile, it panicked) counts as one failed test.
 */
export function goCounts(lines: string): TestCounts {
  const events = lines.split("\n").flatMap((line) => goEvent(line) ?? []);
  const ended = (action: string) => events.filter((event) => event.Test !== undefined && event.Action === action);
  const failedTests = new Set(ended("fail").map((event) => event.Package));
  const brokenPackages = events.filter((event) => event.Test === undefined && event.Action === "fail" && !failedTests.has(event.Package));
  return { passed: ended("pass").length, failed: ended("fail").length + brokenPackages.length, skipped: ended("skip").length };
}

/** @returns undefined for a line that is no event, such as the compiler's */
export function goEvent(line: string): GoEvent | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as GoEvent;
  } catch {
    return undefined;
  }
}
