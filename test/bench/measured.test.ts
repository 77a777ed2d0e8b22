import { expect, test } from "vitest";
import { judgedFigure, measured, middle, rate } from "../../bench/ledger/measured.ts";

test("percentiles are of the sorted durations, whatever their order", () => {
  const durations = Array.from({ length: 101 }, (_, index) => 100 - index);
  expect(measured(durations, 2)).toEqual({ operations: 101, seconds: 2, p50: 50, p99: 99 });
  expect(rate(measured(durations, 2))).toBe(50.5);
});

test("a figure is judged by its limit; the limit itself is fine, no figure is not", () => {
  expect(judgedFigure(2.5, { most: 2.5 }, " ms")).toBe("2.50 ms (at most 2.5 ms: ok)");
  expect(judgedFigure(2.51, { most: 2.5 }, " ms")).toBe("2.51 ms (at most 2.5 ms: OVER)");
  expect(judgedFigure(2000, { least: 2000 }, "/s", 0)).toBe("2000/s (at least 2000/s: ok)");
  expect(judgedFigure(1999, { least: 2000 }, "/s", 0)).toBe("1999/s (at least 2000/s: OVER)");
  expect(judgedFigure(Number.NaN, { most: 1 }, "")).toContain("OVER");
});

test("the middle round, of an even number the lower", () => {
  expect(middle([5, 1, 3], (round) => round)).toBe(3);
  expect(middle([4, 1, 3, 2], (round) => round)).toBe(2);
  expect(() => middle([], () => 0)).toThrow("there was no round");
});
