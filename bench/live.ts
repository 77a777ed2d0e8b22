import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Engine } from "../cli/docker.ts";
import { armLive, type LiveTarget } from "../cli/live.ts";
import { table } from "../cli/table.ts";
import type { StackOutputs } from "../stacks/outputs.ts";
import { loadExecutable } from "../stacks/staging.ts";
import { ownerId } from "../toolchain/owner.ts";
import { type Built, buildVersion } from "./build.ts";
import { answersWith, firstTrue, inSeconds, median } from "./clock.ts";
import { DockerSwap, replaceFile } from "./docker-swap.ts";
import { nitro, root } from "./run.ts";

const limitMs = 60_000;
const targetMs = 200;

// From the rename of the executable to its new version answering over the published port: live mode, armed beforehand as `nitro watch --live`
// does while a build runs, and from nothing; against `docker rm -f` and `docker run` of the same container. Rounds alternate.
const options = {
  stack: { type: "string", short: "s", default: "bench-live" },
  rounds: { type: "string", default: "11" },
  keep: { type: "boolean" },
} as const;
const { values } = parseArgs({ options });
const folder = await mkdtemp(join(tmpdir(), "nitro-bench-"));
const reference = new DockerSwap(values.stack);

interface Times {
  /** Until the new version answers. */
  readonly answered: number;
  /** Until service and worker are proved to run it, and answer. */
  readonly proved: number;
}

try {
  const versions = [
    await buildVersion(folder, "bench-a"),
    await buildVersion(folder, "bench-b"),
    await buildVersion(folder, "bench-c"),
  ] as const;
  const binary = join(folder, "payments");
  await replaceFile(versions[2], binary);
  await nitro(["up", "-s", values.stack, "--binary", binary]);
  const { serviceUrl } = JSON.parse(await nitro(["outputs", "-s", values.stack, "--json"])) as StackOutputs;
  const engine = Engine.connect();
  const target: LiveTarget = {
    engine,
    root: root.replace(/\/$/, ""),
    stack: values.stack,
    owner: ownerId(process.env),
    roles: ["service", "worker"],
  };
  const { arch } = await engine.ping();
  const [armed, cold, docker]: [Times[], Times[], number[]] = [[], [], []];
  for (let round = 0; round < Number(values.rounds); round++) {
    armed.push(await live(target, versions[0], binary, serviceUrl, arch, true));
    cold.push(await live(target, versions[1], binary, serviceUrl, arch, false));
    docker.push(await reference.swap(versions[round % 2 === 0 ? 0 : 1]));
    process.stderr.write(
      `round ${round + 1}: armed ${armed.at(-1)?.answered} ms, not armed ${cold.at(-1)?.answered} ms, docker ${docker.at(-1)} ms\n`,
    );
  }
  report(armed, cold, docker);
} finally {
  await reference.remove();
  if (values.keep !== true) await nitro(["down", "-s", values.stack, "--yes"]);
  await rm(folder, { recursive: true, force: true });
}

async function live(
  target: LiveTarget,
  built: Built,
  binary: string,
  url: string,
  arch: "amd64" | "arm64",
  armed: boolean,
): Promise<Times> {
  const before = armed ? await armLive(target) : undefined;
  if (armed) await new Promise((resolve) => setTimeout(resolve, 500));
  await replaceFile(built, binary);
  const began = Date.now();
  const swapped = Promise.all([before ?? armLive(target), loadExecutable(target.root, binary, arch, target.stack)])
    .then(([ready, executable]) => ready.swap(executable))
    .then(() => Date.now());
  const [answered, proved] = await Promise.all([firstTrue(() => answersWith(url, built.version), limitMs), swapped]);
  return { answered: answered - began, proved: proved - began };
}

function report(armed: readonly Times[], cold: readonly Times[], docker: readonly number[]): void {
  const row = (name: string, times: readonly Times[]) => [
    name,
    inSeconds(median(times.map(({ answered }) => answered))),
    inSeconds(median(times.map(({ proved }) => proved))),
  ];
  const rows = [row("live, armed", armed), row("live, not armed", cold), ["docker rm -f, docker run", inSeconds(median(docker)), ""]];
  process.stdout.write(table(["medians", "new version answers", "service and worker proved"], rows));
  const ms = median(armed.map(({ answered }) => answered));
  process.stdout.write(`\nlive, armed: ${ms.toFixed(0)} ms, target at most ${targetMs} ms: ${ms <= targetMs ? "ok" : "OVER"}\n`);
}
