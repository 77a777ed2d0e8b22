import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { sourceMessages } from "../../../docs/generate/messages.ts";
import { sourceTexts } from "../../../docs/generate/sources.ts";
import { advised, code, troubleshootingTables } from "../../../docs/generate/troubleshooting.ts";

const root = resolve(import.meta.dirname, "../../..");
const page = readFileSync(join(root, "docs/troubleshooting.md"), "utf8");
const { messages, borrowed } = sourceMessages(sourceTexts(root));

test("every message of the sources is in docs/troubleshooting.md, and nothing else is", () => {
  expect(messages.length).toBeGreaterThan(250);
  const rows = page.split("\n").filter((line) => /^\| `/.test(line));
  const missing = messages.filter(
    ({ text, file }) => !rows.some((row) => row.startsWith(`| ${code(text)} |`) && row.includes(`\`${file}\``)),
  );
  const stale = rows.filter((row) => !messages.some(({ text }) => row.startsWith(`| ${code(text)} |`)));
  expect({ missing, stale }).toEqual({ missing: [], stale: [] });
});

test("what the page cannot have is worded elsewhere: by pulumi, a server, another error", () => {
  expect([...new Set(borrowed.map((place) => place.replace(/: .*/s, "")))].sort()).toEqual([
    "automation/aws-ready.ts",
    "automation/stack.ts",
    "automation/swap.ts",
    "cli/core/options.ts",
    "cli/ledger/caret.ts",
    "cli/ledger/serve.ts",
    "cli/ledger/target.ts",
    "cli/ledger/verify-files.ts",
    "cli/preview.ts",
    "cli/shell/user-code.ts",
    "cli/swap/swap.ts",
    "dashboard/page/server.ts",
    "ledger/client/http.ts",
    "stacks/swarm.ts",
    "toolchain/download.ts",
    "toolchain/engine.ts",
  ]);
});

const message = { text: "it is away", hints: [], kind: "UserError", file: "cli/up.ts" };

test("a message of which nothing is said is told, with where to say it", () => {
  expect(() => advised(message)).toThrow('nothing says what to do about "it is away" (cli/up.ts)');
  expect(advised({ ...message, hints: ["call it", "wait"] }).advice).toBe("`call it` or `wait`");
  expect(advised({ ...message, text: 'it is "x": allowed are a, b' }).advice).toBe("as it says");
});

test("advice that is for no message is told", () => {
  expect(() => troubleshootingTables([{ ...message, hints: ["call it"] }])).toThrow("has what no source says any more");
});

test("bars and backticks stay inside their cell", () => {
  expect([code("a | b"), code("`a` | b")]).toEqual(["`a \\| b`", "`` `a` \\| b ``"]);
});
