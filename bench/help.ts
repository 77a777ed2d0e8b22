import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { table } from "../common/table.ts";

// What `nitro help` and a completion cost beside a node that does nothing, in the same run: all take turns, the middle of the rounds is shown.
const { values } = parseArgs({ options: { rounds: { type: "string", default: "20" } } });
const rounds = Number(values.rounds);
const mostMs = 150;

const file = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const reference: readonly string[] = [process.execPath, "-e", "0"];
const measured: readonly (readonly string[])[] = [
  [file("nitro"), "help"],
  [file("nitro"), "help", "ledger"],
  [file("nitro"), "complete-words", ""],
  [file("nitro"), "complete-words", "-s", ""],
  [file("nitro"), "complete-words", "up", "--"],
  [file("nitro"), "up", "--help"],
];
const all = [reference, ...measured];

/** How long a command takes, in ms. */
function took([program = "", ...args]: readonly string[]): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  const ms = performance.now() - began;
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}: ${stderr}`);
  return ms;
}

function middle(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

// The first start of each compiles: what follows finds that in the cache.
for (const command of all) took(command);
const times = all.map((): number[] => []);
for (let round = 0; round < rounds; round++) for (const [index, command] of all.entries()) times[index]?.push(took(command));
const [base = Number.NaN, ...own] = times.map(middle);

const shown = (command: readonly string[]) => command.map((word) => (word === "" ? '""' : word.replace(/^\/.*\//, ""))).join(" ");
const rows = measured.map((command, index) => {
  const ms = own[index] ?? Number.NaN;
  return [shown(command), `${ms.toFixed(0)} ms`, `+${(ms - base).toFixed(0)} ms`, `${(ms / base).toFixed(1)}×`];
});
process.stdout.write(table(["command", "takes", "more", "ratio"], [[shown(reference), `${base.toFixed(0)} ms`, "", ""], ...rows]));
const more = (own[0] ?? Number.NaN) - base;
process.stdout.write(`nitro help: ${more.toFixed(0)} ms more than node -e 0, allowed are ${mostMs}: ${more <= mostMs ? "ok" : "OVER"}\n`);
process.exitCode = more <= mostMs ? 0 : 1;
