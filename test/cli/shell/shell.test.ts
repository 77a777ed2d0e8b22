import { expect, test } from "vitest";
import { runExpression } from "../../../cli/shell/shell.ts";
import type { ShellTools } from "../../../cli/shell/tools.ts";

const tools = { operators: [], operator: (number: number) => ({ number }) } as unknown as Partial<ShellTools>;

test.each([
  ["1 + 1", 2],
  ["await Promise.resolve(operator(2))", { number: 2 }],
  ["{ a: operators.length }", { a: 0 }],
  ["'a; b' // a remark", "a; b"],
  ["const a = 2; return a * 2", 4],
  ["let a = 1", undefined],
])("%s", async (expression, expected) => {
  expect(await runExpression(expression, tools)).toEqual(expected);
});

test.each([
  ["nope", "ReferenceError: nope is not defined"],
  ["throw new TypeError('so')", "TypeError: so"],
  ["await Promise.reject('a text')", "a text"],
  ["nope(", "SyntaxError"],
])("%s is told with what it threw", async (expression, message) => {
  await expect(runExpression(expression, tools)).rejects.toMatchObject({ name: "UserError", message: expect.stringContaining(message) });
});
