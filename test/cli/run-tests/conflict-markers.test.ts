import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { hasNoConflictMarkers } from "../../../cli/run-tests/conflict-markers.ts";

/** A checkout with one tracked file. */
function checkout(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "nitro-markers-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "page.md"), text);
  execFileSync("git", ["init", "-q"], { cwd: folder });
  execFileSync("git", ["add", "page.md"], { cwd: folder });
  return folder;
}

async function look(root: string) {
  const stdout = new PassThrough();
  const context = { stdout, stderr: stdout, env: process.env } as unknown as Parameters<typeof hasNoConflictMarkers>[1];
  const fine = await hasNoConflictMarkers(root, context);
  return { fine, printed: String(stdout.read() ?? "") };
}

const marker = (sign: string) => `${sign.repeat(7)} HEAD`;

test.each(["<", ">", "|"])("a line that begins with seven %s is found, with its file and line", async (sign) => {
  const { fine, printed } = await look(checkout(`one\n${marker(sign)}\n`));
  expect(fine).toBe(false);
  expect(printed).toContain(`page.md:2:${marker(sign)}`);
});

test("rulers, quotations and code are none", async () => {
  const text = `Title\n=======\n> ${marker(">")}\n  ${marker("<")}\nx <<<<<<< y\n`;
  expect(await look(checkout(text))).toEqual({ fine: true, printed: "" });
});

test("a folder that is no checkout does not pass", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nitro-markers-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  expect((await look(folder)).fine).toBe(false);
});
