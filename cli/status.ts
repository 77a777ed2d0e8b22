import { styleText } from "node:util";
import { type PartStatus, type StackStatus, stackStatus } from "../automation/status.ts";
import { table } from "../common/table.ts";
import { type Fault, listFaults } from "../data/faults.ts";
import { Engine } from "../docker/engine.ts";
import { neededShares } from "../key-feeder/contract.ts";
import { type WaitingPayments, waitingLines } from "../operators/payouts/waiting.ts";
import { ownerId } from "../toolchain/owner.ts";
import { declareCommand } from "./core/command.ts";
import { jsonOption, stackOption } from "./core/declaration.ts";
import { selectStack } from "./core/selection.ts";
import { faultLines } from "./fault/fault-ls.ts";
import { keeperState } from "./keeper/client.ts";
import type { KeeperState } from "./keeper/protocol.ts";

export const command = declareCommand({
  unread: "end",
  marksUse: false,
  options: { ...stackOption, ...jsonOption },
  notes: `The version is that of the process; where it is not the declared one, a line says so.
Below: the key shares that a sealed service waits for, and the prepared payments that wait for an operator.
Exit code 0 where everything runs and answers, 1 otherwise.`,

  async run({ values }, context) {
    const stack = selectStack(values.stack, context.env);
    const engine = Engine.connect(context.env);
    const [status, keeper] = await Promise.all([stackStatus(engine, stack, context), keeperState(context.root, stack)]);
    const faults = await listFaults({ name: stack, engine, root: context.root });
    // A Redis that was made to say nothing would be waited for.
    const silent = faults.some(({ part, kind }) => part === "redis" && kind === "down");
    // What it needs loads Pulumi's SDK, which commands that only show a status in the end do not wait for.
    const { paymentsWaiting } = await import("../automation/waiting.ts");
    const waiting = silent ? [] : await paymentsWaiting(engine, status, ownerId(context.env));
    context.stdout.write(
      values.json
        ? `${JSON.stringify({ ...status, waiting, faults, keeper }, null, 2)}\n`
        : describeStatus(status, new Date(), waiting, faults, keeper),
    );
    return status.healthy ? 0 : 1;
  },
});

/** The status for people. */
export function describeStatus(
  status: StackStatus,
  now: Date,
  waiting: readonly WaitingPayments[] = [],
  faults: readonly Fault[] = [],
  keeper?: KeeperState | undefined,
): string {
  if (status.parts.every(({ state }) => state === "missing")) {
    return `stack "${status.stack}" is not up: ./nitro up -s ${status.stack}\n`;
  }
  const rows = status.parts.map((part) => [
    part.role,
    health(part),
    version(part),
    part.ports.join(" "),
    part.startedAt === undefined ? "" : age(now.getTime() - Date.parse(part.startedAt)),
    part.memory === undefined ? "" : mebibytes(part.memory),
  ]);
  const sizes = status.parts.flatMap(({ memory }) => memory ?? []);
  const total = sizes.length === 0 ? "" : `, ${mebibytes(sizes.reduce((sum, size) => sum + size, 0))} in all`;
  const drifts = status.parts.flatMap((part) => drift(part) ?? []);
  const problems = status.parts.flatMap(({ role, problem }) => (problem === undefined ? [] : [`${role} does not run: ${problem}`]));
  const mend = drifts.length === 0 ? "" : `./nitro up -s ${status.stack} makes it as declared\n`;
  const below = `${problems.map((line) => `${line}\n`).join("")}${drifts.map((line) => `${line}\n`).join("")}${mend}${sealing(status)}${total}\n`;
  const waits = [...waitingLines(waiting), ...faultLines(faults, status.stack, now.getTime())].map((line) => `${line}\n`);
  const kept = keeper === undefined ? "" : `${describeKeeper(keeper, now)}\n`;
  return `${table(["part", "state", "version", "port", "up", "memory"], rows)}\n${below}${waits.join("")}${kept}`;
}

/** Who keeps the next swap ready, what that takes and for how long, in one line. */
export function describeKeeper({ pid, armed, memory, until }: KeeperState, now: Date): string {
  const what = armed ? "the next swap is ready" : "the next swap is being made ready";
  return `${what}: process ${pid}, ${mebibytes(memory)}, ends in ${age(Date.parse(until) - now.getTime())}`;
}

/** What a part runs, or is to run, in place of its declared executable, in one line; undefined where it is as declared. */
export function drift({ role, sha256 = "", running, live }: PartStatus): string | undefined {
  const [declared, found, standIn] = [sha256, running?.sha256, live].map((hash) => hash?.slice(0, 12));
  if (found !== undefined && found === standIn && found !== declared) return `${role} runs ${found} live, declared is ${declared}`;
  const now = found === undefined ? "" : `, now it runs ${found}`;
  if (standIn !== undefined && standIn !== found)
    return `${role} runs ${standIn} live from its next start on${now}, declared is ${declared}`;
  return found === undefined || found === declared ? undefined : `${role} runs ${found}, declared is ${declared}`;
}

/** "unsealed", "sealed, 0 of 2 shares", "sealed, 3 shares where 2 are needed (1 of them not of the same vault)", or "unsealed; 1 of another vault set aside". */
export function sealing({ sealed, shares, aside, cause }: Pick<StackStatus, "sealed" | "shares" | "aside" | "cause">): string {
  const others = aside === undefined ? "" : `; ${aside} of another vault set aside`;
  if (!sealed) return `unsealed${others}`;
  const counted = shares > neededShares ? `${shares} shares where ${neededShares} are needed` : `${shares} of ${neededShares} shares`;
  return `sealed, ${counted}${cause === undefined ? "" : ` (${cause})`}${others}`;
}

function health(part: PartStatus): string {
  const restarts = part.restarts > 0 ? `, ${part.restarts} restart${part.restarts === 1 ? "" : "s"}` : "";
  if (part.state === "running") {
    const word = part.health ?? "running";
    return styleText(word === "healthy" ? "green" : word === "unhealthy" ? "red" : "yellow", word) + restarts;
  }
  const code = part.exitCode === undefined || part.state === "missing" ? "" : ` (${part.exitCode})`;
  return styleText("red", `${part.state}${code}`) + restarts;
}

function version(part: PartStatus): string {
  if (part.sha256 === undefined) return part.image === undefined ? "" : shortImage(part.image);
  const built = part.builtAt === undefined ? "" : `, built ${part.builtAt.slice(0, 19).replace("T", " ")}`;
  const live = part.running !== undefined && part.running.sha256 !== part.sha256 ? " live" : "";
  return `${(part.running?.sha256 ?? part.sha256).slice(0, 12)}${live}${built}`;
}

/** An image by tag as it is; by id, its first digits. */
function shortImage(image: string): string {
  return image.replace(/^sha256:([0-9a-f]{12}).*$/, "$1").replace(/^localhost\/nitro\//, "");
}

/** Milliseconds as the one unit that matters: "42s", "7m", "3h", "12d". */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
