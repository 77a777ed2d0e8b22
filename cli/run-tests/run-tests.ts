import { delimiter, dirname } from "node:path";
import type { Context } from "../../common/context.ts";
import { errorMessage, UsageError } from "../../common/errors.ts";
import { seconds } from "../../common/progress.ts";
import { table } from "../../common/table.ts";
import { setUp } from "../../toolchain/setup.ts";
import { declareCommand } from "../core/command.ts";
import { closingLine, noTests, single, sum, type TestCounts } from "./counts.ts";
import { suites } from "./suites.ts";

type SuiteName = keyof typeof suites;
/** Those that run where none is named. */
const usualSuites: readonly SuiteName[] = ["lint", "unit", "go", "e2e"];
const suiteNames: readonly SuiteName[] = [...usualSuites, "slow"];
/** They use the container engine and what `nitro setup` installs. */
const engineSuites: readonly SuiteName[] = ["e2e", "slow"];

interface Ran {
  readonly name: string;
  readonly counts: TestCounts;
  readonly took: number;
}

export const command = declareCommand({
  arguments: {
    suite: { words: suiteNames, read: suiteNamed, optional: true, help: "one of them (default: all but slow, one after the other)" },
  },
  options: { slow: { type: "boolean", help: "the suite slow too: what takes many minutes, such as a stack on arm64 by emulation" } },
  rest: { placeholder: "FILTER…", after: "arguments", what: "the filter", help: "for the suite's runner" },
  notes: `Only e2e and slow need a container engine. Filters go to the suite's runner.
The last line counts: N passed, N failed. Exit code 1 where anything failed, or nothing ran.`,
  examples: [
    ["nitro test unit ledger", 'files whose path has "ledger" in it'],
    ["nitro test --slow", "everything that there is"],
    ["nitro test e2e -t swap", 'tests whose name has "swap" in it'],
    ["nitro test go -run TestSubmit", "Go tests by name"],
  ],

  async run({ words: { suite }, values: { slow }, rest: filters }, context) {
    const names = suitesOf(suite, slow);
    const inner = { ...context, env: testEnvironment(context.env) };
    const ran: Ran[] = [];
    if (names.some((name) => engineSuites.includes(name))) ran.push(await runSuite("setup", inner, () => prepare(inner)));
    for (const name of names) ran.push(await runSuite(name, inner, () => suites[name](inner, filters)));
    context.stdout.write(`\n${summary(ran)}`);
    const total = sum(ran.map(({ counts }) => counts));
    context.stdout.write(`${closingLine(total)}\n`);
    return total.failed === 0 && total.passed > 0 ? 0 : 1;
  },
});

/** @param slow whether the slow tests are wanted besides */
export function suitesOf(suite: SuiteName | undefined, slow = false): readonly SuiteName[] {
  const wanted = suite === undefined ? usualSuites : [suite];
  return slow && !wanted.includes("slow") ? [...wanted, "slow"] : wanted;
}

/** @throws UsageError where there is no such suite */
function suiteNamed(word: string): SuiteName {
  const name = suiteNames.find((each) => each === word);
  if (name === undefined) throw new UsageError(`there is no suite "${word}": allowed are ${suiteNames.join(", ")}`);
  return name;
}

/** Tests start `node` and `./nitro` by name: theirs is the Node that runs this. */
function testEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, PATH: `${dirname(process.execPath)}${delimiter}${env.PATH ?? ""}` };
}

/** A suite that cannot even start has failed, and the others still run. */
async function runSuite(name: string, context: Context, work: () => Promise<TestCounts>): Promise<Ran> {
  const began = Date.now();
  context.stdout.write(`\n== ${name}\n`);
  try {
    return { name, counts: await work(), took: Date.now() - began };
  } catch (error) {
    context.stderr.write(`${name} failed: ${errorMessage(error)}\n`);
    return { name, counts: { ...noTests, failed: 1 }, took: Date.now() - began };
  }
}

/** Done first, so that lint and Go's tests find what the build of the plugins compiled. */
async function prepare(context: Context): Promise<TestCounts> {
  await setUp(context.env, context.stderr);
  return single(true);
}

function summary(ran: readonly Ran[]): string {
  const rows = ran.map(({ name, counts, took }) => [name, `${counts.passed}`, `${counts.failed}`, `${counts.skipped}`, seconds(took)]);
  return `${table(["suite", "passed", "failed", "skipped", "time"], rows)}\n`;
}
