import { expect, test } from "vitest";
import { isNoise, stepName } from "../../images/builder.ts";

test.each([
  ["Step 3/9 : RUN apt-get update -q  && apt-get install -y -q curl", "3/9 RUN apt-get update -q"],
  ["Step 1/9 : ARG BASE", "1/9 ARG BASE"],
  ["STEP 2/9: RUN apt-get update -q", "2/9 RUN apt-get update -q"],
  [`Step 2/9 : RUN ${"x".repeat(100)}`, `2/9 RUN ${"x".repeat(56)}`],
  ["Stepping stones", undefined],
  ["", undefined],
])("%j is shown as %j", (line, shown) => {
  expect(stepName(line)).toBe(shown);
});

test.each([" ---> Running in 1234", "---> 5678", "Removing intermediate container 1234", ""])("%j tells a person nothing", (line) => {
  expect(isNoise(line.trim())).toBe(true);
});

test("a program's own output is shown", () => {
  expect(isNoise("Unpacking curl (8.14.1-2) ...")).toBe(false);
});
