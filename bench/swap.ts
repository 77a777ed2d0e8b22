import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Built, buildVersion, padded } from "./build.ts";
import { machineLine } from "./busy.ts";
import { inSeconds } from "./clock.ts";
import { nitro } from "./run.ts";
import type { Contender, SwapTimes } from "./swap/contender.ts";
import { contendersNamed, makeContender } from "./swap/contenders.ts";
import { replaceExecutable } from "./swap/measure.ts";
import { judge, judgeLength, profileTable, swapTable } from "./swap/report.ts";
import { stackTarget } from "./swap/stack-target.ts";

/**
 * Between two swaps, in ms: what an engine does after the last one is not to count to the next. By chance, so that what polls once a second
 * is met at any moment of it.
 */
const pauseMs = () => 500 + Math.random() * 1000;

// From the rename of the executable to its new version answering: our ways, and what else people use, all with the same executable as service
// and worker and the same neighbours. They take turns, so that all see the same machine.
const options = {
  stack: { type: "string", short: "s", default: "bench-swap" },
  rounds: { type: "string", default: "10" },
  only: { type: "string" },
  padding: { type: "string", default: "0,65" },
  keep: { type: "boolean" },
} as const;
const { values } = parseArgs({ options });
const names = contendersNamed(values.only);
/** MiB that the executable is longer than the sample, one length after the other in each round. */
const lengths = values.padding.split(",").map(Number);
if (lengths.some((each) => !(each >= 0))) throw new Error(`--padding has "${values.padding}": allowed are numbers of MiB, such as 0,65`);
const folder = await mkdtemp(join(tmpdir(), "nitro-bench-"));
const contenders: Contender[] = [];
const machine = await machineLine();

try {
  // Three: neither a contender nor the stack itself gets the version that it ran before.
  const versions = [await buildVersion(folder, "bench-a"), await buildVersion(folder, "bench-b"), await buildVersion(folder, "bench-c")];
  const builds = new Map<number, readonly Built[]>();
  for (const length of lengths)
    builds.set(length, await Promise.all(versions.map((built) => (length === 0 ? built : padded(built, length)))));
  const version = (round: number, index: number, length: number) => builds.get(length)?.[(round + index) % versions.length] as Built;
  const [shortest = 0] = lengths;
  const binary = join(folder, "payments");
  await replaceExecutable(version(2, 0, shortest), binary);
  await nitro(["up", "-s", values.stack, "--binary", binary]);
  const original = { stack: values.stack, target: await stackTarget(values.stack), folder };
  for (const [index, name] of names.entries()) {
    const contender = await makeContender(name, original, binary);
    contenders.push(contender);
    await contender.start(version(2, index, shortest));
  }
  const swaps = new Map(lengths.map((length) => [length, contenders.map((): SwapTimes[] => [])]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [turn, length] of lengths.entries()) {
      // Each swap is to another version than the one before, whatever its length: the answer tells the version alone.
      const at = round * lengths.length + turn;
      for (const [index, contender] of contenders.entries()) {
        swaps.get(length)?.[index]?.push(await contender.swap(version(at, index, length), version(at + 1, index, length)));
        await new Promise((resolve) => setTimeout(resolve, pauseMs()));
      }
      const line = swaps.get(length)?.map((all, index) => `${names[index]} ${inSeconds(all.at(-1)?.answered ?? 0)}`);
      process.stderr.write(`round ${round + 1}, ${length} MiB more: ${line?.join(", ")}\n`);
    }
  }
  const of = (length: number) =>
    names.map((key, index) => ({ key, name: contenders[index]?.name ?? key, swaps: swaps.get(length)?.[index] ?? [] }));
  const title = (length: number) => (length === 0 ? "the sample as it is" : `the sample with ${length} MiB more`);
  const judged = [
    ...judge(of(shortest)),
    ...lengths.slice(1).flatMap((length) => judgeLength(of(shortest), of(length), length - shortest)),
  ];
  const sections = [
    machine,
    ...lengths.map((length) => `${title(length)}\n${swapTable(of(length))}`),
    ...lengths.flatMap((length) => {
      const tables = of(length).map(profileTable);
      return tables.every((text) => text === "") ? [] : [title(length), ...tables];
    }),
    judged.map(({ text, ok }) => `${text}: ${ok ? "ok" : "MISSED"}\n`).join(""),
  ];
  process.stdout.write(sections.filter((section) => section !== "").join("\n"));
  process.exitCode = judged.every(({ ok }) => ok) ? 0 : 1;
} finally {
  for (const contender of contenders) await contender.stop();
  if (values.keep !== true) await nitro(["down", "-s", values.stack, "--yes"]);
  await rm(folder, { recursive: true, force: true });
}
