import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve as resolvePath } from "node:path";
import { expect, test } from "vitest";
import { commands } from "../../cli/core/commands.ts";
import { commandIn, resolve } from "../../cli/core/resolve.ts";
import { wantsHelp } from "../../cli/core/scan.ts";
import { checkSettings } from "../../model/settings.ts";
import { commandsOf, inlineCommands, shellBlocks } from "./shell-blocks.ts";

const root = resolvePath(import.meta.dirname, "../..");
const list = ["ls-files", "--cached", "--others", "--exclude-standard", "README.md", "docs/*.md"];
const pages = execFileSync("git", list, { cwd: root, encoding: "utf8" }).trim().split("\n");
const texts = new Map(pages.filter((page) => existsSync(join(root, page))).map((page) => [page, readFileSync(join(root, page), "utf8")]));
const blocks = [...texts].flatMap(([page, text]) => shellBlocks(page, text));

/** What is wrong with a command of ours by its declaration; undefined where nothing is. */
async function nitroProblem(words: readonly string[]): Promise<string | undefined> {
  try {
    if (words[0] === "help") return words.length === 1 ? undefined : (await resolve(commands, words.slice(1))) && undefined;
    const resolved = await resolve(commands, words);
    const command = commandIn(resolved);
    if (!wantsHelp(resolved.args)) command.parse(resolved.args);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What is wrong with `pulumi config set|rm`: a setting that is none. */
function settingProblem([program, config, verb, ...words]: readonly string[]): string | undefined {
  if (program !== "pulumi" || config !== "config" || (verb !== "set" && verb !== "rm")) return undefined;
  // Of Pulumi's docker plugin, which model/stack-engine.ts reads too.
  if (words.includes("docker:host") || words.includes("docker:certPath")) return undefined;
  const key = words.find((word) => word.startsWith("nitro:")) ?? "nitro:";
  const [top = "", ...below] = key
    .slice("nitro:".length)
    .split(/\.|\[0\]/)
    .filter((part) => part !== "");
  const value = below.reduceRight<unknown>((inner, part) => ({ [part]: inner }), "x");
  const { problems } = checkSettings({ [`nitro:${top}`]: typeof value === "string" ? value : JSON.stringify(value) });
  return problems.find((problem) => problem.includes("is not a setting"));
}

/** A test's text and that of the files beside it which it imports; empty where there is no such test. */
function withImports(file: string): string {
  if (!existsSync(file)) return "";
  const text = readFileSync(file, "utf8");
  const beside = [...text.matchAll(/from "(\.\/[^"]+)"/g)].map(([, name = ""]) => readFileSync(join(dirname(file), name), "utf8"));
  return [text, ...beside].join("\n");
}

async function problems(page: string, words: readonly string[]): Promise<string[]> {
  const ours = /(^|\/)nitro$/.test(words[0] ?? "") ? await nitroProblem(words.slice(1)) : settingProblem(words);
  return ours === undefined ? [] : [`${page}: ${words.join(" ")}: ${ours}`];
}

test("every command of ours in a block of a page is one that the declarations take, and every setting is one", async () => {
  expect(blocks.length).toBeGreaterThan(30);
  const found = blocks.flatMap(({ page, line, commands: lines }) =>
    lines.flatMap(commandsOf).map((words) => problems(`${page}:${line}`, words)),
  );
  expect((await Promise.all(found)).flat()).toEqual([]);
});

test("and so is every one in the text and in tables", async () => {
  const spans = [...texts].flatMap(([page, text]) => inlineCommands(text).map((code) => ({ page, code })));
  expect(spans.length).toBeGreaterThan(60);
  const found = spans.flatMap(({ page, code }) => commandsOf(code).map((words) => problems(page, words)));
  expect((await Promise.all(found)).flat()).toEqual([]);
});

test("what is run with its page leaves the machine as it is", () => {
  const harmless = ["cd", "eval", "git", "go", "jq", "nitro", "pulumi"];
  const kept = ["down", "reap", "setup", "test", "login"];
  const run = blocks.filter(({ notRun, runBy, commands: lines }) => notRun === undefined && runBy === undefined && lines.length > 0);
  const risky = run.flatMap(({ page, line, commands: lines }) =>
    lines.flatMap(commandsOf).flatMap(([program = "", word = "", ...more]) => {
      const ours = harmless.includes(basename(program)) && (basename(program) !== "nitro" || !kept.includes(word) || isOfStack(word, more));
      return ours ? [] : [`${page}:${line}: ${program} ${word}: say above the block why it is not run, or which test runs it`];
    }),
  );
  expect(risky).toEqual([]);
});

/** The one command among those that remove something which says of what. */
function isOfStack(word: string, more: readonly string[]): boolean {
  return word === "down" && more.join(" ") === "-s alice";
}

test("what no test runs is another engine's, another machine's or another program's", () => {
  const exempt = blocks.flatMap(({ page, notRun }) => (notRun === undefined ? [] : [`${page}: ${notRun}`]));
  expect(exempt).toEqual([
    "docs/aws-mode.md: a login at AWS",
    "docs/container-builds.md: minutes of compiling the first time; test/e2e/container-build.test.ts builds so, without the commands",
    "docs/engines.md: another engine",
    "docs/engines.md: another engine",
    "docs/operators.md: the operators' own tools",
    "docs/remote-engines.md: an image of a team's own",
    "docs/teams.md: it would remove stacks that are not the test's",
  ]);
});

test("a test that runs a page's commands is there, and has their words", () => {
  const missing = blocks.flatMap(({ page, line, runBy, commands: lines }) => {
    if (runBy === undefined) return [];
    const text = withImports(join(root, runBy));
    return lines.flatMap(commandsOf).flatMap((words) => {
      const setting = words.find((word) => word.startsWith("nitro:"))?.slice("nitro:".length);
      const wanted = words[0] === "./nitro" ? [words[1] ?? ""] : (setting?.split(/[.[]/) ?? []);
      return wanted.filter((word) => word !== "env" && !text.includes(word)).map((word) => `${page}:${line}: ${runBy} has no "${word}"`);
    });
  });
  expect(missing).toEqual([]);
});

test("a block is read without its comments, and with what is said above it", () => {
  const text = "# Page\n\n<!-- not run: it takes a day -->\n\n```sh\n./nitro up   # comes up\n\n# all\necho 'a # b'\n```\n```js\nx\n```\n";
  expect(shellBlocks("page.md", text)).toEqual([
    { page: "page.md", line: 6, commands: ["./nitro up", "echo 'a # b'"], notRun: "it takes a day", runBy: undefined },
  ]);
});

test.each([
  ["./nitro up -s alice", [["./nitro", "up", "-s", "alice"]]],
  [
    'eval "$(./nitro env)"',
    [
      ["eval", "SUBSTITUTED"],
      ["./nitro", "env"],
    ],
  ],
  [
    "cd x && ./nitro watch --build 'go build -o p .'",
    [
      ["cd", "x"],
      ["./nitro", "watch", "--build", "go build -o p ."],
    ],
  ],
  ["GOOS=linux CGO_ENABLED=0 go build", [["go", "build"]]],
  [
    "./nitro outputs --json | jq -r .caCertificate > ca.pem",
    [
      ["./nitro", "outputs", "--json"],
      ["jq", "-r", ".caCertificate"],
    ],
  ],
  ["pulumi config set --path 'nitro:service.files[0]' ./a:/b", [["pulumi", "config", "set", "--path", "nitro:service.files[0]", "./a:/b"]]],
])("%s is read as its commands", (line, expected) => {
  expect(commandsOf(line)).toEqual(expected);
});

test.each([
  ["./nitro upp", 'unknown command "upp"'],
  ["./nitro up --fast", "Unknown option '--fast'"],
  ["./nitro pay cancel", "is missing"],
  ["./nitro snapshot", "the subcommand is missing"],
  ["pulumi config set --path nitro:servise.binary x", "nitro:servise is not a setting"],
  ["pulumi config set --path nitro:service.binarry x", "nitro:service.binarry is not a setting"],
])("%s is told", async (line, problem) => {
  expect((await problems("page.md", commandsOf(line)[0] ?? [])).join()).toContain(problem);
});
