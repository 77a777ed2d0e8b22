import { parseArgs } from "node:util";
import { Engine } from "../docker/engine.ts";
import { waitUnsealed } from "../executable/service-secrets.ts";
import { type Role, stackNames } from "../model/names.ts";
import { inSeconds, median } from "./clock.ts";
import { aliasesOf, copyContainer } from "./container-copy.ts";
import { runArguments } from "./docker-run.ts";
import { nitro, root, runBenchProgram } from "./run.ts";

/** What `nitro up` may take, in ms. */
const limit = 20_000;

/** What a compose file would say: each starts when those before it are healthy. */
const order: readonly Role[] = ["redis", "localstack", "ledger", "key-feeder", "service", "worker"];

interface Reference {
  readonly role: Role;
  readonly name: string;
  readonly args: readonly string[];
  readonly check: readonly string[];
}

// From nothing to ready and unsealed, images present and the sample built: `nitro up`, against the same containers started one after
// the other, each when the one before is healthy.
const options = { stack: { type: "string", short: "s", default: "bench-up" }, rounds: { type: "string", default: "3" } } as const;
const { values } = parseArgs({ options });
const names = stackNames(values.stack);
const engine = Engine.connect();
const [ours, theirs]: [number[], number[]] = [[], []];

try {
  await nitro(["up", "-s", values.stack]);
  const references = await Promise.all(order.map(describeReference));
  for (let round = 0; round < Number(values.rounds); round++) {
    await nitro(["down", "-s", values.stack, "--yes"]);
    const began = Date.now();
    await nitro(["up", "-s", values.stack]);
    ours.push(Date.now() - began);
    // The staged executable has to stay for the reference: the containers go, the stack does not.
    await removeEngineParts();
    theirs.push(await sequence(references));
    await removeEngineParts();
    process.stderr.write(`round ${round + 1}: nitro up ${inSeconds(ours.at(-1) ?? 0)}, in sequence ${inSeconds(theirs.at(-1) ?? 0)}\n`);
  }
  const upMs = median(ours);
  const ratio = (upMs / median(theirs)).toFixed(1);
  process.stdout.write(`nitro up ${inSeconds(upMs)}, in sequence ${inSeconds(median(theirs))}: ${ratio} times\n`);
  process.stdout.write(`allowed ${inSeconds(limit)}: ${upMs > limit ? "TOO SLOW" : "ok"}\n`);
  process.exitCode = upMs > limit ? 1 : 0;
} finally {
  await removeEngineParts();
  await nitro(["down", "-s", values.stack, "--yes"]);
}

async function describeReference(role: Role): Promise<Reference> {
  const name = names.containers[role];
  const check = (await engine.inspect(name))?.healthCheck;
  if (check === undefined) throw new Error(`${name} has no health check`);
  return { role, name, args: runArguments({ ...(await copyContainer(name, name)), aliases: await aliasesOf(name) }), check };
}

/** @returns how long it took, in ms */
async function sequence(references: readonly Reference[]): Promise<number> {
  const began = Date.now();
  await runBenchProgram("docker", ["network", "create", "--label", "nitro.bench=1", names.network]);
  for (const { name, args, check } of references) {
    await runBenchProgram("docker", args);
    while ((await engine.exec(name, check)).exitCode !== 0) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const service = await engine.inspect(names.containers.service);
  const notes = { root, stack: values.stack };
  if (service === undefined || (await waitUnsealed(engine, service, notes, AbortSignal.timeout(90_000))) !== "unsealed")
    throw new Error("it stays sealed");
  return Date.now() - began;
}

async function removeEngineParts(): Promise<void> {
  await runBenchProgram("docker", ["rm", "-f", ...Object.values(names.containers)]).catch(() => "");
  await runBenchProgram("docker", ["network", "rm", names.network]).catch(() => "");
  await runBenchProgram("docker", ["volume", "rm", ...Object.values(names.volumes)]).catch(() => "");
}
