import { globSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Context } from "../../common/context.ts";
import { buildFlags, toolBuildEnvironment } from "../../toolchain/build.ts";
import { ensureGo, goEnvironment } from "../../toolchain/go.ts";
import { allParts, originOf } from "../../toolchain/parts.ts";
import { hasNoConflictMarkers } from "./conflict-markers.ts";
import { goCounts, goEvent, judged, noTests, single, sum, type TestCounts, vitestCounts } from "./counts.ts";
import { runShown } from "./process.ts";

/** A suite runs, prints what its runner prints, and counts. */
export type Suite = (context: Context, filters: readonly string[]) => Promise<TestCounts>;

export const suites: Readonly<Record<"lint" | "unit" | "go" | "e2e" | "slow", Suite>> = {
  lint,
  unit: (context, filters) => vitest("unit", context, filters),
  go,
  e2e: (context, filters) => vitest("e2e", context, filters),
  slow: (context, filters) => vitest("slow", context, filters),
};

/** Formatting, lint, types and workflows: every check counts as a test. */
async function lint(context: Context): Promise<TestCounts> {
  const { root, env } = context;
  const bin = (...path: string[]) => join(root, "node_modules", ...path);
  const checks = [
    await passes(context, "biome", bin(".bin", "biome"), ["check", "--error-on-warnings", "."], root, env),
    await passes(context, "tsc", process.execPath, [bin("typescript", "bin", "tsc"), "-p", "."], root, env),
    await passes(
      context,
      "tsc, the page",
      process.execPath,
      [bin("typescript", "bin", "tsc"), "--noEmit", "-p", "dashboard/page"],
      root,
      env,
    ),
    finding(context, "no conflict markers", await hasNoConflictMarkers(root, context)),
  ];
  const goTool = await ensureGo(env);
  const workflows = globSync(".github/workflows/*.yml", { cwd: root }).map((file) => join(root, file));
  const actionlint = ["tool", "actionlint", "-no-color", "-shellcheck=", "-pyflakes=", ...workflows];
  checks.push(await passes(context, "actionlint", goTool, actionlint, join(root, actionlintModule), goEnvironment(env)));
  const modules = goModules(root, env);
  checks.push(await gofmt(context, goTool, modules));
  for (const { folder, flags, goEnv } of modules)
    checks.push(await passes(context, `go vet ${folder}`, goTool, ["vet", ...flags, "./..."], join(root, folder), goEnv));
  return sum(checks);
}

async function passes(context: Context, name: string, program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv) {
  const { code } = await runShown(program, args, { cwd, env }, context);
  return finding(context, name, code === 0);
}

/** gofmt lists the files that are not formatted, and succeeds all the same. */
async function gofmt(context: Context, goTool: string, modules: readonly GoModule[]): Promise<TestCounts> {
  const { root: cwd, env } = context;
  const goRoot = await runShown(goTool, ["env", "GOROOT"], { cwd, env }, undefined);
  const program = join(goRoot.stdout.trim(), "bin", "gofmt");
  const { code, stdout } = await runShown(program, ["-l", ...modules.map(({ folder }) => folder)], { cwd, env }, context);
  return finding(context, "gofmt", code === 0 && stdout === "");
}

function finding(context: Context, name: string, ok: boolean): TestCounts {
  context.stdout.write(`${ok ? "ok" : "FAILED"}: ${name}\n`);
  return single(ok);
}

interface GoModule {
  /** Relative to the root. */
  readonly folder: string;
  readonly flags: readonly string[];
  readonly goEnv: NodeJS.ProcessEnv;
}

/**
 * The Go modules with code of ours. Pulumi's plugins belong to them where they were built on this machine: elsewhere a look at them
 * would compile all of Pulumi.
 */
function goModules(root: string, env: NodeJS.ProcessEnv): GoModule[] {
  const built = allParts(env).every((part) => part.name === "pulumi" || originOf(part) === "Go modules");
  const files = globSync("*/**/go.mod", { cwd: root, exclude: ["node_modules", ".nitro"] });
  return files
    .map(dirname)
    .sort()
    .flatMap((folder): GoModule[] => {
      // Some only pin a program of others.
      const ours = globSync("**/*.go", { cwd: join(root, folder) }).length > 0;
      if (!ours || (folder === pluginsModule && !built)) return [];
      if (folder === pluginsModule) return [{ folder, flags: buildFlags, goEnv: toolBuildEnvironment(env) }];
      return [{ folder, flags: [], goEnv: goEnvironment(env) }];
    });
}

/** Checks the workflows; what a machine happens to have besides (shellcheck, pyflakes) makes no difference. */
const actionlintModule = join("toolchain", "go", "actionlint");
/** Tests of examples want a stack that is up: test/e2e runs them. */
const examples = "examples";
const pluginsModule = join("toolchain", "go", "pulumi");

/** @param filters passed on to `go test`, as in -run TestName */
async function go(context: Context, filters: readonly string[]): Promise<TestCounts> {
  const { root, env } = context;
  const goTool = await ensureGo(env);
  const counts: TestCounts[] = [];
  for (const { folder, flags, goEnv } of goModules(root, env)) {
    if (!folder.startsWith(join(examples, "/")) && globSync("**/*_test.go", { cwd: join(root, folder) }).length > 0)
      counts.push(await goTest(context, goTool, [...flags, ...filters, "./..."], join(root, folder), goEnv));
  }
  return judged(sum(counts), true);
}

/** -vet=off: lint has vetted already. -count=1: a test of a service is run, not remembered. */
async function goTest(context: Context, goTool: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<TestCounts> {
  const { code, stdout } = await runShown(goTool, ["test", "-json", "-vet=off", "-count=1", ...args], { cwd, env }, context, goOutput);
  const counts = goCounts(stdout);
  // A filter may leave a module without a test; go() judges all modules together.
  return counts.failed === 0 && code !== 0 ? { ...counts, failed: 1 } : counts;
}

/** What `go test` would have printed: the text inside its events, without the tests that pass. */
function goOutput(line: string): string {
  const event = goEvent(line);
  if (event === undefined) return `${line}\n`;
  const passing = /^(=== (RUN|PAUSE|CONT|NAME)|\s*--- PASS|PASS\n)/;
  return event.Output === undefined || passing.test(event.Output) ? "" : event.Output;
}

/** @param filters files or names, passed on to vitest */
async function vitest(project: string, context: Context, filters: readonly string[]): Promise<TestCounts> {
  const { root, env } = context;
  const folder = await mkdtemp(join(tmpdir(), "nitro-test-"));
  const report = join(folder, "report.json");
  try {
    const program = join(root, "node_modules", "vitest", "vitest.mjs");
    const args = [program, "run", "--project", project, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...filters];
    const { code } = await runShown(process.execPath, args, { cwd: root, env }, context);
    const json = await readFile(report, "utf8").catch(() => undefined);
    return judged(json === undefined ? noTests : vitestCounts(json), code === 0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
