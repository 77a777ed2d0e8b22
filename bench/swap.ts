import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { table } from "../cli/table.ts";
import type { StackOutputs } from "../stacks/outputs.ts";
import { type Built, buildVersion } from "./build.ts";
import { answersWith, firstTrue, inSeconds, median } from "./clock.ts";
import { DockerSwap, replaceFile } from "./docker-swap.ts";
import { phases, readTrace } from "./profile.ts";
import { nitro } from "./run.ts";

const limitMs = 60_000;

// From "the executable was replaced" to "its new version answers": a cold `nitro swap`, against `docker rm -f` and `docker run` of the
// same container. Rounds alternate, so that both see the same machine.
const options = {
  stack: { type: "string", short: "s", default: "bench-swap" },
  rounds: { type: "string", default: "7" },
  keep: { type: "boolean" },
} as const;
const { values } = parseArgs({ options });
const folder = await mkdtemp(join(tmpdir(), "nitro-bench-"));
const reference = new DockerSwap(values.stack);

try {
  const versions = [await buildVersion(folder, "bench-a"), await buildVersion(folder, "bench-b")] as const;
  const binary = join(folder, "payments");
  await replaceFile(versions[1], binary);
  await nitro(["up", "-s", values.stack, "--binary", binary]);
  const { serviceUrl } = JSON.parse(await nitro(["outputs", "-s", values.stack, "--json"])) as StackOutputs;
  const [ours, theirs, profiles]: [number[], number[], Map<string, number>[]] = [[], [], []];
  for (let round = 0; round < Number(values.rounds); round++) {
    const next = versions[round % 2] as Built;
    const swapped = await swap(next, binary, serviceUrl);
    ours.push(swapped.ms);
    profiles.push(swapped.profile);
    theirs.push(await reference.swap(next));
    process.stderr.write(`round ${round + 1}: nitro swap ${inSeconds(ours.at(-1) ?? 0)}, docker ${inSeconds(theirs.at(-1) ?? 0)}\n`);
  }
  report(ours, theirs, profiles);
} finally {
  await reference.remove();
  if (values.keep !== true) await nitro(["down", "-s", values.stack, "--yes"]);
  await rm(folder, { recursive: true, force: true });
}

async function swap(built: Built, binary: string, url: string): Promise<{ ms: number; profile: Map<string, number> }> {
  const trace = join(folder, "trace");
  await rm(trace, { force: true });
  await replaceFile(built, binary);
  const began = Date.now();
  const command = nitro(["swap", "-s", values.stack], { NITRO_TRACE: trace });
  const [answered] = await Promise.all([firstTrue(() => answersWith(url, built.version), limitMs), command]);
  return { ms: answered - began, profile: phases(readTrace(await readFile(trace, "utf8")), began, answered, Date.now()) };
}

function report(ours: readonly number[], theirs: readonly number[], profiles: readonly Map<string, number>[]): void {
  const [swapMs, dockerMs] = [median(ours), median(theirs)];
  const names = [...(profiles[0]?.keys() ?? [])];
  const rows = names.map((name) => [name, inSeconds(median(profiles.map((profile) => profile.get(name) ?? 0)))]);
  process.stdout.write(table(["where nitro swap's time goes (medians)", ""], rows));
  const factor = swapMs / dockerMs;
  process.stdout.write(
    `\nnitro swap ${inSeconds(swapMs)}, docker rm + run ${inSeconds(dockerMs)}: ${factor.toFixed(1)} times, target at most 5\n`,
  );
}
