import { type ListedStack, listStacks } from "../automation/stack.ts";
import { table } from "../common/table.ts";
import { type ContainerSummary, Engine, type Health } from "../docker/engine.ts";
import { presentHealth } from "../docker/health.ts";
import { labels } from "../model/names.ts";
import { extrasOf, partsOf } from "../model/parts.ts";
import { ownerId } from "../toolchain/owner.ts";
import { declareCommand } from "./core/command.ts";
import { jsonOption } from "./core/declaration.ts";
import { keeperState } from "./keeper/client.ts";
import type { KeeperState } from "./keeper/protocol.ts";
import { age, mebibytes } from "./status.ts";

export const command = declareCommand({
  unread: "end",
  options: jsonOption,

  async run({ values }, context) {
    const engine = Engine.connect(context.env);
    const filter = { labels: { [labels.owner]: ownerId(context.env) }, all: true };
    const [stacks, listed] = await Promise.all([listStacks(context), engine.containers(filter)]);
    const containers = await Promise.all(listed.map(async (each) => ({ ...each, health: await healthNow(engine, each) })));
    const rows = await Promise.all(
      joinStacks(stacks, containers).map(async (row) => ({ ...row, keeper: await keeperState(context.root, row.name) })),
    );
    context.stdout.write(values.json ? `${JSON.stringify(rows, null, 2)}\n` : describeStacks(rows, new Date()));
    return 0;
  },
});

/** The engine looks only now and then: what it does not call healthy yet is asked, as `status` does. */
async function healthNow(engine: Engine, { id, state, health }: ContainerSummary): Promise<Health | undefined> {
  if (state !== "running" || health === undefined || health === "healthy") return health;
  const details = await engine.inspect(id);
  return details === undefined ? health : await presentHealth(engine, details);
}

export interface StackRow {
  readonly name: string;
  readonly running: number;
  readonly healthy: number;
  /** How many containers a stack has. */
  readonly parts: number;
  /** ISO 8601; undefined before the first update. */
  readonly lastUpdate?: string;
  readonly updating: boolean;
  /** Who keeps the next swap ready. */
  readonly keeper?: KeeperState | undefined;
}

/** Stacks that only the engine knows (an interrupted removal) are listed too. */
export function joinStacks(stacks: readonly ListedStack[], containers: readonly ContainerSummary[]): StackRow[] {
  const names = new Set([...stacks.map(({ name }) => name), ...containers.flatMap(({ labels: has }) => has[labels.stack] ?? [])]);
  return [...names].sort().map((name) => {
    const stack = stacks.find((each) => each.name === name);
    const own = containers.filter(({ labels: has }) => has[labels.stack] === name);
    return {
      name,
      running: own.filter(({ state }) => state === "running").length,
      healthy: own.filter(({ health }) => health === "healthy").length,
      parts: partsOf(own.find(({ labels: has }) => has[labels.role] === "service")?.labels).length + extrasOf(own).length,
      lastUpdate: stack?.lastUpdate,
      updating: stack?.updateInProgress === true,
    };
  });
}

function describeStacks(rows: readonly StackRow[], now: Date): string {
  if (rows.length === 0) return "there are no stacks yet: ./nitro up\n";
  const cells = rows.map((row) => [
    row.name,
    row.updating ? "being changed" : row.running === 0 ? "down" : `${row.running} of ${row.parts} run, ${row.healthy} healthy`,
    row.lastUpdate === undefined ? "never" : `${age(now.getTime() - Date.parse(row.lastUpdate))} ago`,
    row.keeper === undefined ? "" : `kept ready by process ${row.keeper.pid}, ${mebibytes(row.keeper.memory)}`,
  ]);
  return table(["stack", "state", "changed", "next swap"], cells);
}
