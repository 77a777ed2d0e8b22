import { copyFile, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { table } from "../cli/table.ts";
import { stackNames } from "../stacks/names.ts";
import type { StackOutputs } from "../stacks/outputs.ts";
import { type Built, buildVersion } from "./build.ts";
import { answersWith, firstTrue, inSeconds, median } from "./clock.ts";
import { runArguments } from "./docker-run.ts";
import { phases, readTrace } from "./profile.ts";
import { nitro, run } from "./run.ts";

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
const reference = `nitro-${values.stack}-reference`;

try {
  const versions = [await buildVersion(folder, "bench-a"), await buildVersion(folder, "bench-b")];
  const binary = join(folder, "payments");
  await replace(versions[1], binary);
  await nitro(["up", "-s", values.stack, "--binary", binary]);
  const { serviceUrl } = JSON.parse(await nitro(["outputs", "-s", values.stack, "--json"])) as StackOutputs;
  const [ours, theirs, profiles]: [number[], number[], Map<string, number>[]] = [[], [], []];
  for (let round = 0; round < Number(values.rounds); round++) {
    const next = versions[round % 2] as Built;
    const swapped = await swap(next, binary, serviceUrl);
    ours.push(swapped.ms);
    profiles.push(swapped.profile);
    theirs.push(await dockerRun(next, round));
    process.stderr.write(`round ${round + 1}: nitro swap ${inSeconds(ours.at(-1) ?? 0)}, docker ${inSeconds(theirs.at(-1) ?? 0)}\n`);
  }
  report(ours, theirs, profiles);
} finally {
  await run("docker", ["rm", "-f", reference]).catch(() => "");
  if (values.keep !== true) await nitro(["down", "-s", values.stack, "--yes"]);
  await rm(folder, { recursive: true, force: true });
}

/** Replaces the executable the way go build does: all at once. */
async function replace(built: Built | undefined, binary: string): Promise<void> {
  if (built === undefined) throw new Error("there is no executable");
  await copyFile(built.file, `${binary}.new`);
  await rename(`${binary}.new`, binary);
}

async function swap(built: Built, binary: string, url: string): Promise<{ ms: number; profile: Map<string, number> }> {
  const trace = join(folder, "trace");
  await rm(trace, { force: true });
  await replace(built, binary);
  const began = Date.now();
  const command = nitro(["swap", "-s", values.stack], { NITRO_TRACE: trace });
  const [answered] = await Promise.all([firstTrue(() => answersWith(url, built.version), limitMs), command]);
  return { ms: answered - began, profile: phases(readTrace(await readFile(trace, "utf8")), began, answered, Date.now()) };
}

/** The same container once more, under another name and port, its executable mounted alone. */
async function dockerRun(built: Built, round: number): Promise<number> {
  const port = 19_000;
  const service = stackNames(values.stack).containers.service;
  const command = [built.sha256, "serve", "nitro", "inside-enclave", "--egress-address", "none", "--log-address", "none"];
  const args = await runArguments(service, {
    name: reference,
    aliases: false,
    hostPort: port,
    command: [...command, "--upstream-url", "http://0.0.0.0:8080"],
  });
  if (round === 0) await run("docker", args);
  const began = Date.now();
  await run("docker", ["rm", "-f", reference]);
  await run("docker", args);
  return (await firstTrue(() => answersWith(`http://127.0.0.1:${port}`, built.version), limitMs)) - began;
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
