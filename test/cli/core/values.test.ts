import { expect, test } from "vitest";
import { ageLimit } from "../../../cli/core/values.ts";

test.each([
  ["1h", 3_600_000],
  ["12h", 43_200_000],
  ["7d", 604_800_000],
  ["2w", 1_209_600_000],
])("%s are %i ms", (text, ms) => {
  expect(ageLimit(text, "--older")).toBe(ms);
});

test.each(["", "7", "d", "0d", "30m", "90s", "-1d", "1.5d", "7 d", "9999w", "7days"])('"%s" is refused with what is allowed', (text) => {
  expect(() => ageLimit(text, "--older")).toThrow(`--older is "${text}": allowed are ages such as 12h, 7d or 4w, from 1h to 10 years`);
});
