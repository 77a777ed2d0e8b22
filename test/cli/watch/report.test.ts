import { expect, test, vi } from "vitest";
import { describeEvent, type WatchEvent, WatchReport } from "../../../cli/watch/report.ts";
import { UserError } from "../../../common/errors.ts";
import { Progress } from "../../../common/progress.ts";

const sha256 = `${"0123456789ab".padEnd(64, "0")}`;
const swapped: WatchEvent = { event: "swapped", sha256, kind: "warm", builtMs: 1900, swappedMs: 1240, sealed: false, shares: 2 };

test.each<[WatchEvent, string | undefined]>([
  [swapped, "built 1.9s · swapped 1.2s · healthy · unsealed · 0123456789ab"],
  [{ ...swapped, builtMs: undefined, kind: "live", swappedMs: 180 }, "swapped live 0.2s · healthy · unsealed · 0123456789ab"],
  [{ ...swapped, sealed: true, shares: 1 }, "built 1.9s · swapped 1.2s · healthy · sealed, 1 of 2 shares · 0123456789ab"],
  [{ event: "unchanged", sha256, builtMs: 400 }, "built 0.4s · unchanged, 0123456789ab runs already"],
  [{ event: "armed" }, undefined],
  [{ event: "ready", stack: "alice", executable: "payments" }, 'watching payments for stack "alice", Ctrl-C ends'],
  [{ event: "build-failed", error: "main.go:1: no", hint: undefined }, "build: main.go:1: no"],
  [{ event: "failed", error: "service exited", hint: "go back" }, "error: service exited\n  go back"],
])("%j reads %s", (event, text) => expect(describeEvent(event)).toBe(text));

function reporting(json: boolean) {
  const [out, err]: [string[], string[]] = [[], []];
  const progress = new Progress({ write: (text: string) => err.push(text) > 0, isTTY: false, columns: 80 });
  return { report: new WatchReport({ write: (text: string) => out.push(text) > 0 }, progress, json), out, err };
}

test("results go to standard output, the rest to standard error", () => {
  const { report, out, err } = reporting(false);
  report.tell({ event: "ready", stack: "alice", executable: "payments" });
  report.tell(swapped);
  report.failed("failed", new UserError("service exited", "go back"));
  expect(out).toEqual(["built 1.9s · swapped 1.2s · healthy · unsealed · 0123456789ab\n"]);
  expect(err.join("")).toContain("watching payments");
  expect(err.join("")).toContain("service exited\n  go back");
});

test("as JSON each event is a line of standard output", () => {
  const { report, out, err } = reporting(true);
  report.tell({ event: "building" });
  report.failed("build-failed", new Error("two\nlines"));
  expect(out.map((line) => JSON.parse(line) as unknown)).toEqual([{ event: "building" }, { event: "build-failed", error: "two\nlines" }]);
  expect(out.every((line) => line.endsWith("\n") && line.indexOf("\n") === line.length - 1)).toBe(true);
  expect(err).toEqual([]);
});

test("without a terminal the first build is told at once, and each that takes long every ten seconds", () => {
  vi.useFakeTimers();
  try {
    const { report, err } = reporting(false);
    report.tell({ event: "building" });
    expect(err).toEqual(["building\n"]);
    vi.advanceTimersByTime(20_000);
    report.tell(swapped);
    vi.advanceTimersByTime(20_000);
    report.tell({ event: "building" });
    vi.advanceTimersByTime(10_000);
    report.failed("build-failed", new Error("no"));
    expect(err.slice(0, 4)).toEqual(["building\n", "  building 10.0s\n", "  building 20.0s\n", "  building 10.0s\n"]);
  } finally {
    vi.useRealTimers();
  }
});
