import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureGo } from "../../toolchain/go.ts";
import { type ShellBlock, shellBlocks } from "../docs/shell-blocks.ts";
import { engineResources, nitro, root, run } from "./nitro.ts";

// The commands of README.md and of docs/, on one stack, from a clone of this checkout as it is. Blocks that the pages exempt, or leave to
// another test, are listed by test/docs/commands.test.ts.
const stack = "e2e-docs";
const scratch = mkdtempSync(join(tmpdir(), "nitro-e2e-docs-"));
const source = join(scratch, "source");
const clone = join(scratch, "nitro-stacks");

const first = "docs/getting-started.md";
const settings = join(clone, `Pulumi.${stack}.yaml`);
/** The page that is run. */
let at = first;

const git = (cwd: string, ...args: string[]) => execFileSync("git", args, { cwd, encoding: "utf8" });
const listed = (...args: string[]) =>
  git(root, "ls-files", "-z", ...args)
    .split("\0")
    .filter((name) => name !== "");

/** A repository of this checkout as it is, with what is not committed yet. */
function checkout(): void {
  git(scratch, "clone", "-q", root, source);
  for (const name of listed("-m", "-o", "--exclude-standard")) {
    if (!existsSync(join(root, name))) rmSync(join(source, name), { force: true });
    else {
      mkdirSync(dirname(join(source, name)), { recursive: true });
      copyFileSync(join(root, name), join(source, name));
    }
  }
  git(source, "add", "-A");
  git(source, "-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "-q", "--allow-empty", "-m", "as it is");
}

/** What stands in a page for something of the reader's own. */
const bound: readonly (readonly [in_: RegExp, is: string])[] = [
  [/<this repository>/, source],
  [/\balice\b/g, stack],
  [/go build -o payments \.\/your\/program/, "go build -C sample -o ../payments ."],
];

/** Where a page begins to wait for ever: what it says once it does. */
const endless: readonly (readonly [command: RegExp, says: RegExp])[] = [
  [/^\.\/nitro watch\b/, /^watching /m],
  [/^\.\/nitro (dashboard|ledger serve --page)\b/, /#token=/],
  [/^\.\/nitro (tunnel|ledger serve)\b/, /127\.0\.0\.1:\d+/],
];

const pages = [first, ...listed("README.md", "docs/*.md").filter((page) => page !== first)];
const all = pages.flatMap((page) => shellBlocks(page, readFileSync(join(root, page), "utf8")));
const runnable = all.filter(({ notRun, runBy }) => notRun === undefined && runBy === undefined);
const ending = ({ commands }: ShellBlock) => commands.some((command) => command.startsWith("./nitro down"));
const environment: NodeJS.ProcessEnv = { PULUMI_SKIP_CONFIRMATIONS: "true" };

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  const own: NodeJS.ProcessEnv = JSON.parse(await nitro("env", "--json"));
  const go = await ensureGo();
  Object.assign(environment, own, isAbsolute(go) ? { PATH: [dirname(go), own.PATH].join(delimiter) } : {});
  checkout();
});

afterAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  rmSync(scratch, { recursive: true, force: true });
});

test.each([...runnable.filter((block) => !ending(block)), ...runnable.filter(ending)])("$page:$line", async ({ page, commands }) => {
  const lines = commands.map((line) => bound.reduce((text, [pattern, is]) => text.replace(pattern, is), line));
  const cloning = lines.findIndex((line) => line.startsWith("git clone"));
  // The packages are those of this checkout: installing them again would take a minute of every run.
  if (cloning !== -1) lines.splice(cloning + 1, 0, `ln -s '${join(root, "node_modules")}' nitro-stacks/node_modules`);
  const cwd = cloning === -1 ? clone : scratch;
  const [, says] = endless.find(([command]) => lines.some((line) => command.test(line))) ?? [];
  if (says !== undefined) return await interrupted(lines.join("\n"), cwd, says);
  if (page !== at) await begin();
  at = page;
  const { code, stdout, stderr } = await run("bash", ["-e", "-o", "pipefail", "-c", lines.join("\n")], { cwd, env: environment });
  expect(code, `${lines.join("\n")}\n${stdout}\n${stderr}`).toBe(0);
  if (cloning !== -1) copyFileSync(settings, join(scratch, "settings.yaml"));
});

/** Each page begins on a stack as it is by itself, as its reader does. */
async function begin(): Promise<void> {
  const fresh = join(scratch, "settings.yaml");
  if (readFileSync(settings, "utf8") === readFileSync(fresh, "utf8")) return;
  copyFileSync(fresh, settings);
  const { code, stderr } = await run("./nitro", ["up", "-s", stack], { cwd: clone });
  expect(code, stderr).toBe(0);
}

test("nothing of the stack is left after the page that takes it down", async () => {
  expect(await engineResources(stack)).toEqual({ containers: {}, networks: [], volumes: [], notes: [] });
});

/** Runs what goes on until Ctrl-C: it has to say that it does, and to end well. */
async function interrupted(script: string, cwd: string, says: RegExp): Promise<void> {
  const child = spawn("bash", ["-c", `exec ${script}`], {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      said += chunk;
      if (says.test(said)) child.kill("SIGINT");
    });
  const [code, signal] = await once(child, "close");
  expect(said).toMatch(says);
  expect([code, signal], said).toEqual([0, null]);
}
