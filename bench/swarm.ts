import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { table } from "../common/table.ts";
import { canRunSecondEngine } from "../test/e2e/second-engine.ts";
import { SwarmStack } from "../test/slow/swarm-stack.ts";
import { type Built, buildVersion } from "./build.ts";
import { machineLine } from "./busy.ts";
import { inSeconds, median } from "./clock.ts";
import { nitro } from "./run.ts";
import { replaceExecutable } from "./swap/measure.ts";
import { Watcher } from "./swap/watcher.ts";

/** What is allowed: a swap by a watch in times of a forced update, and until a lost node's service runs elsewhere. */
const limits = { ratio: 2, movedMs: 30_000 };

/** Builds take longer: what was armed is ready by then. */
const buildMs = 500;

// On a swarm of three engines in network namespaces of this machine: a swap by `nitro watch` beside Docker's own forced update of the same two
// services, in turns; then a payout through the loss of the node that runs the service.
const options = {
  stack: { type: "string", short: "s", default: "bench-swarm" },
  rounds: { type: "string", default: "5" },
  payments: { type: "string", default: "600" },
} as const;
const { values } = parseArgs({ options });
const rounds = Number(values.rounds);
const payments = Number(values.payments);
if (!canRunSecondEngine) throw new Error("a swarm of engines on this machine needs Linux and root");

const folder = await mkdtemp(join(tmpdir(), "nitro-bench-"));
const machine = await machineLine();
const versions = [await buildVersion(folder, "bench-a"), await buildVersion(folder, "bench-b")] as const;
const binary = join(folder, "payments");
const swarm = await SwarmStack.prepare(values.stack);
try {
  await replaceExecutable(versions[1], binary);
  await nitro(["up", "-s", values.stack, "--binary", binary]);
  const swaps = await measureSwaps();
  const loss = await swarm.payThroughLoss(payments, 60);
  report(swaps, loss.movedMs, payments - paidOnce(loss.states));
} finally {
  await swarm.stop();
  await rm(folder, { recursive: true, force: true });
}

interface SwapRound {
  readonly watch: number;
  readonly forced: number;
}

/** The first swap of a watch makes the next one ready: it is not measured. */
async function measureSwaps(): Promise<SwapRound[]> {
  const watcher = new Watcher(values.stack, ["--binary", binary], join(folder, "trace"));
  const measured: SwapRound[] = [];
  let turn = 0;
  const swap = async () => {
    const began = await replaceExecutable(versions[turn++ % 2] as Built, binary);
    await watcher.next("swapped");
    const took = Date.now() - began;
    await watcher.next("armed");
    await new Promise((resolve) => setTimeout(resolve, buildMs));
    return took;
  };
  try {
    await watcher.next("ready");
    await swap();
    for (let round = 0; round < rounds; round++) {
      const watch = await swap();
      const began = Date.now();
      await swarm.forceUpdate();
      const forced = Date.now() - began;
      measured.push({ watch, forced });
      process.stderr.write(`round ${round + 1}: nitro watch ${inSeconds(watch)}, forced update ${inSeconds(forced)}\n`);
    }
    return measured;
  } finally {
    await watcher.stop();
  }
}

/** How many payees were paid in one document, once. */
function paidOnce(states: ReadonlyMap<string, readonly string[]>): number {
  const paid = [...states].filter(([, history]) => history.filter((state) => state === "paid").length === 1);
  return new Set(paid.map(([payment]) => payment.split(" ")[0])).size;
}

function report(swaps: readonly SwapRound[], movedMs: number, lost: number): void {
  const [watch, forced] = [median(swaps.map((each) => each.watch)), median(swaps.map((each) => each.forced))];
  const ratio = median(swaps.map((each) => each.watch / each.forced));
  const rows = [
    ["nitro watch, a swap", inSeconds(watch), "", ""],
    ["docker service update --force, the same two", inSeconds(forced), "", ""],
    ["the first in times of the second", ratio.toFixed(2), String(limits.ratio), verdict(ratio <= limits.ratio)],
    ["a lost node's service runs elsewhere after", inSeconds(movedMs), inSeconds(limits.movedMs), verdict(movedMs <= limits.movedMs)],
    [`acknowledged payments lost, of ${payments}`, String(lost), "0", verdict(lost === 0)],
  ];
  process.stdout.write(`${machine}\n${table(["on a swarm of three nodes", "measured", "allowed", ""], rows)}`);
  process.exitCode = ratio <= limits.ratio && movedMs <= limits.movedMs && lost === 0 ? 0 : 1;
}

function verdict(ok: boolean): string {
  return ok ? "ok" : "MISSED";
}
