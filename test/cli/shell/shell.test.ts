import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ShellTools } from "../../../cli/shell/tools.ts";
import { ownStack, runExpression, runScript } from "../../../cli/shell/user-code.ts";
import { runNitro } from "../run.ts";

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

test.each([
  ["((", "SyntaxError: Unexpected end of input in --eval"],
  ["a b", "SyntaxError: Unexpected identifier 'b' in --eval"],
  ["1 }", "SyntaxError: Unexpected token '}' in --eval"],
])("%s: what is wrong with it, not with what we put around it", async (expression, message) => {
  await expect(runExpression(expression, tools)).rejects.toMatchObject({ name: "UserError", message, hint: expression });
});

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-shell-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  [["--eval", ""], { name: "UsageError", message: "--eval is empty: allowed is an expression, such as 'await pay.ls()'" }],
  [["-e", "  "], { name: "UsageError" }],
  [["nosuch.js"], { name: "UserError", message: "there is no file nosuch.js", hint: expect.stringContaining("name a script") }],
  [["test"], { name: "UserError", message: "test is a folder, and no script" }],
])("%j is told what is wrong before any stack is asked", async (args, error) => {
  await expect(runNitro(["shell", "-s", "nosuch", ...args])).rejects.toMatchObject(error);
});

/** @returns the message of what a script threw */
async function thrown(name: string, content: string): Promise<unknown> {
  const file = join(folder, name);
  writeFileSync(file, content);
  return await runScript(file, {}, process.cwd()).then(
    () => undefined,
    (error: unknown) => error,
  );
}

test("what a script throws is its own error, with the place in it and no frame of ours", async () => {
  expect(await thrown("fill.mjs", "function fill() {\n  return nope;\n}\nfill();\n")).toMatchObject({
    name: "UserError",
    message: expect.stringMatching(/^ReferenceError: nope is not defined\n {4}at fill \(.*fill\.mjs:2:3\)\n {4}at .*fill\.mjs:4:1\)?$/),
  });
  expect(await thrown("text.mjs", "throw 'a text';")).toMatchObject({
    name: "UserError",
    message: `${join(folder, "text.mjs")} threw 'a text'`,
  });
  expect(await thrown("fine.mjs", "export {};")).toBeUndefined();
});

test("so is what a call rejects with that the script does not wait for", () => {
  const file = join(folder, "hasty.mjs");
  writeFileSync(file, "(async () => {\n  nope();\n})();\nawait new Promise((later) => setTimeout(later, 60_000));\n");
  const code = `import { runScript } from "./cli/shell/user-code.ts";
    await runScript(${JSON.stringify(file)}, {}, process.cwd()).catch((error) => process.stdout.write(error.name + ": " + error.message));
    process.exit();`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], { encoding: "utf8" });
  expect(stdout).toMatch(/^UserError: ReferenceError: nope is not defined\n {4}at .*hasty\.mjs:2:3\)?\n/);
});

test("frames of Node and of this project are left out, but for those beside the script", () => {
  const error = new Error("so");
  error.stack = `Error: so
    at get (file:///p/testing/tools.ts:3:4)
    at async file:///p/mine/fill.ts:1:1
    at /elsewhere/lib.js:1:1
    at async Promise.all (index 0)
    at ModuleJob.run (node:internal/modules/esm/module_job:569:25)
    at async node:internal/modules/esm/loader:650:26
    at async runScript (file:///p/cli/shell/user-code.ts:70:5)`;
  expect(ownStack(error, "/p/mine", "/p").split("\n").slice(1)).toEqual([
    "    at async file:///p/mine/fill.ts:1:1",
    "    at /elsewhere/lib.js:1:1",
    "    at async Promise.all (index 0)",
  ]);
});
