import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { StackStatus } from "../automation/status.ts";
import { table } from "../common/table.ts";
import { type Built, buildVersion } from "./build.ts";
import { machineLine } from "./busy.ts";
import { inSeconds, median } from "./clock.ts";
import { nitro } from "./run.ts";
import { ColdSwap } from "./swap/cold.ts";
import { replaceExecutable } from "./swap/measure.ts";
import { copyPeer } from "./swap/peer.ts";
import { DockerRun } from "./swap/peer-docker.ts";
import { stackTarget } from "./swap/stack-target.ts";

/** What a swap among the most stacks may take, in times of a swap in a stack alone. */
const limit = 1.3;
const pauseMs = 500;

// A swap in one of 1, 2, 4 and 8 stacks, beside `docker rm -f` and `docker run` of the same executable. The number goes up and down again, so that
// what else changes on the machine meanwhile meets all of them. Going up, the missing stacks come up at the same time, four of them at last.
const options = {
  prefix: { type: "string", default: "bench-many" },
  most: { type: "string", default: "8" },
  rounds: { type: "string", default: "10" },
} as const;
const { values } = parseArgs({ options });
const most = Number(values.most);
const sizes = [1, 2, 4, 8].filter((size) => size <= most);
const names = Array.from({ length: most }, (_, index) => `${values.prefix}-${index + 1}`);
const folder = await mkdtemp(join(tmpdir(), "nitro-bench-"));
const machine = await machineLine();
const stops: (() => Promise<void>)[] = [];
const ups: { count: number; running: number; ms: number }[] = [];
const ours = new Map<number, number[]>(sizes.map((size) => [size, []]));
const theirs = new Map<number, number[]>(sizes.map((size) => [size, []]));

try {
  const versions = [await buildVersion(folder, "bench-a"), await buildVersion(folder, "bench-b")] as const;
  const binary = join(folder, "payments");
  await replaceExecutable(versions[1], binary);
  await comeUp(0, 1, binary);
  const first = names[0] ?? "";
  const target = await stackTarget(first);
  const swap = new ColdSwap(first, binary, target);
  const docker = new DockerRun(await copyPeer({ stack: first, target, folder }, "docker", 19_000));
  stops.push(() => docker.stop());
  await docker.start(versions[1]);
  let turn = 0;
  const measure = async (size: number, rounds: number) => {
    for (let round = 0; round < rounds; round++) {
      const built = versions[turn++ % 2] as Built;
      ours.get(size)?.push((await swap.swap(built)).answered);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      theirs.get(size)?.push((await docker.swap(built)).answered);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    const last = median(ours.get(size)?.slice(-rounds) ?? []);
    process.stderr.write(`${size} stacks: nitro swap ${inSeconds(last)}\n`);
  };
  // The largest number comes once and has all its rounds there; the others half of them on each way.
  const half = Math.ceil(Number(values.rounds) / 2);
  for (const [index, size] of sizes.entries()) {
    await comeUp(sizes[index - 1] ?? 1, size, binary);
    await measure(size, size === most ? 2 * half : half);
  }
  for (const size of sizes.slice(0, -1).reverse()) {
    await goDown(names.slice(size));
    await measure(size, half);
  }
  report();
} finally {
  for (const stop of stops) await stop();
  await goDown(names);
  await rm(folder, { recursive: true, force: true });
}

/** Brings up the stacks that are missing, at the same time. @throws Error where one does not end healthy and unsealed */
async function comeUp(from: number, to: number, binary: string): Promise<void> {
  const missing = names.slice(from, to);
  if (missing.length === 0) return;
  const began = Date.now();
  await Promise.all(missing.map((name) => nitro(["up", "-s", name, "--binary", binary])));
  ups.push({ count: missing.length, running: from, ms: Date.now() - began });
  for (const name of names.slice(0, to)) {
    const status = JSON.parse(await nitro(["status", "-s", name, "--json"])) as StackStatus;
    if (!status.healthy || status.sealed) throw new Error(`${name} is not healthy: ${JSON.stringify(status)}`);
  }
}

async function goDown(stacks: readonly string[]): Promise<void> {
  for (const name of stacks) await nitro(["down", "-s", name, "--yes"]);
}

function report(): void {
  const [alone, aloneDocker] = [median(ours.get(1) ?? []), median(theirs.get(1) ?? [])];
  const rows = sizes.map((size) => {
    const [swap, docker] = [median(ours.get(size) ?? []), median(theirs.get(size) ?? [])];
    return [String(size), inSeconds(swap), (swap / alone).toFixed(2), inSeconds(docker), (docker / aloneDocker).toFixed(2)];
  });
  process.stdout.write(`${machine}\n${table(["stacks", "nitro swap", "times alone", "docker rm + run", "times alone"], rows)}\n`);
  const upRows = ups.map(({ count, running, ms }) => [String(count), String(running), inSeconds(ms), inSeconds(ms / count)]);
  process.stdout.write(`${table(["nitro up of", "beside", "all healthy after", "for each"], upRows)}\n`);
  const factor = median(ours.get(most) ?? []) / alone;
  const ok = factor <= limit;
  process.stdout.write(
    `a swap in one of ${most} stacks takes ${factor.toFixed(2)} times one alone, at most ${limit}: ${ok ? "ok" : "MISSED"}\n`,
  );
  process.exitCode = ok ? 0 : 1;
}
