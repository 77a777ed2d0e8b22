import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Built, buildVersion } from "./build.ts";
import { machineLine } from "./busy.ts";
import { inSeconds } from "./clock.ts";
import { nitro } from "./run.ts";
import type { Contender, SwapTimes } from "./swap/contender.ts";
import { contendersNamed, makeContender } from "./swap/contenders.ts";
import { replaceExecutable } from "./swap/measure.ts";
import { judge, profileTable, swapTable } from "./swap/report.ts";
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
  keep: { type: "boolean" },
} as const;
const { values } = parseArgs({ options });
const names = contendersNamed(values.only);
const folder = await mkdtemp(join(tmpdir(), "nitro-bench-"));
const contenders: Contender[] = [];
const machine = await machineLine();

try {
  // Three: neither a contender nor the stack itself gets the version that it ran before.
  const versions = [await buildVersion(folder, "bench-a"), await buildVersion(folder, "bench-b"), await buildVersion(folder, "bench-c")];
  const version = (round: number, index: number) => versions[(round + index) % versions.length] as Built;
  const binary = join(folder, "payments");
  await replaceExecutable(version(2, 0), binary);
  await nitro(["up", "-s", values.stack, "--binary", binary]);
  const original = { stack: values.stack, target: await stackTarget(values.stack), folder };
  for (const [index, name] of names.entries()) {
    const contender = await makeContender(name, original, binary);
    contenders.push(contender);
    await contender.start(version(2, index));
  }
  const swaps: SwapTimes[][] = contenders.map(() => []);
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [index, contender] of contenders.entries()) {
      swaps[index]?.push(await contender.swap(version(round, index), version(round + 1, index)));
      await new Promise((resolve) => setTimeout(resolve, pauseMs()));
    }
    const line = swaps.map((all, index) => `${names[index]} ${inSeconds(all.at(-1)?.answered ?? 0)}`).join(", ");
    process.stderr.write(`round ${round + 1}: ${line}\n`);
  }
  const all = names.map((key, index) => ({ key, name: contenders[index]?.name ?? key, swaps: swaps[index] ?? [] }));
  const judged = judge(all);
  const sections = [
    machine,
    swapTable(all),
    ...all.map(profileTable),
    judged.map(({ text, ok }) => `${text}: ${ok ? "ok" : "MISSED"}\n`).join(""),
  ];
  process.stdout.write(sections.filter((section) => section !== "").join("\n"));
  process.exitCode = judged.every(({ ok }) => ok) ? 0 : 1;
} finally {
  for (const contender of contenders) await contender.stop();
  if (values.keep !== true) await nitro(["down", "-s", values.stack, "--yes"]);
  await rm(folder, { recursive: true, force: true });
}
