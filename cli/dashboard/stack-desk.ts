import { setTimeout as pause } from "node:timers/promises";
import { roleLogs } from "../../automation/role-logs.ts";
import { Stack } from "../../automation/stack.ts";
import { stackStatus } from "../../automation/status.ts";
import type { Context } from "../../common/context.ts";
import { merge } from "../../common/merge.ts";
import type { StackDesk } from "../../dashboard/stack.ts";
import type { LogEntry, StackView } from "../../dashboard/views.ts";
import { listFaults } from "../../data/faults.ts";
import { Engine, type EngineEvent } from "../../docker/engine.ts";
import { KnownMemory } from "../../docker/memory.ts";
import { labels } from "../../model/names.ts";
import { containersOf, extrasOf, partContainer, partsOf } from "../../model/parts.ts";
import { ownerId } from "../../toolchain/owner.ts";
import { keeperState } from "../keeper/client.ts";
import { withPayouts } from "../pay/connection.ts";
import { payoutDesk } from "./payout-desk.ts";

/** Lines of each part that the page begins with. */
const tail = 300;

/** Between two looks whether somebody changes the stack, in ms: into a folder. */
const holderMs = 200;

/** Looks at a stack for the page: what `nitro status`, `nitro logs` and `nitro pay` look at. */
export function stackDesk(name: string, context: Context): StackDesk {
  const engine = Engine.connect(context.env);
  const owner = ownerId(context.env);
  const memory = new KnownMemory(engine);
  const owned = { [labels.stack]: name, [labels.owner]: owner };
  return {
    name,
    look: () => look(engine, name, memory, context),
    changes: (signal) => [
      containerChanges(engine.events({ labels: owned, types: ["container"], signal })),
      updates(new Stack(name, context), signal),
    ],
    logs: (signal) => logs(engine, { stack: name, owner }, signal),
    withPayouts: (use) => withPayouts(name, context, ["redis"], (stack) => use(payoutDesk(stack, context))),
  };
}

/** Yields at what happens to containers; a look into one, such as that of a health check or of this page itself, changes nothing. */
async function* containerChanges(events: AsyncIterable<EngineEvent>): AsyncGenerator<void> {
  for await (const { action } of events) if (!action.startsWith("exec_")) yield;
}

/** Yields when an update begins, and when it ends. */
async function* updates(stack: Stack, signal: AbortSignal): AsyncGenerator<void> {
  let holder: number | undefined;
  while (!signal.aborted) {
    const now = (await stack.holder())?.pid;
    if (now !== holder) yield;
    holder = now;
    await pause(holderMs, undefined, { signal }).catch(() => undefined);
  }
}

async function look(engine: Engine, name: string, memory: KnownMemory, context: Context): Promise<StackView> {
  const known = new Stack(name, context);
  const [status, holder, keeper] = await Promise.all([
    stackStatus(engine, name, context, (container) => memory.of(container)),
    known.holder(),
    keeperState(context.root, name),
  ]);
  const exists = status.parts.some(({ state }) => state !== "missing") || (await known.state()) !== undefined;
  const faults = await listFaults({ name, engine, root: context.root });
  return { ...status, exists, faults, update: holder, armed: keeper?.armed === true };
}

/** All parts, each from the lines before on, through swaps and restarts. */
async function* logs(engine: Engine, { stack, owner }: { stack: string; owner: string }, signal: AbortSignal): AsyncGenerator<LogEntry> {
  const own = await engine.containers(containersOf({ stack, owner }));
  const parts = [...partsOf(own.find(({ labels: has }) => has[labels.role] === "service")?.labels), ...extrasOf(own)];
  const containers = await Promise.all(parts.map((part) => partContainer(engine, stack, part, owner)));
  const sources = parts.map((role, index) =>
    roleLogs(engine, { stack, role, owner }, containers[index] ?? { id: "" }, { tail, follow: true, signal }),
  );
  for await (const { source, item } of merge(sources, ({ time }) => time, false)) {
    const part = parts[source] ?? "";
    if (item.kind === "replaced") yield { part, time: item.time, kind: "replaced", line: item.container };
    else yield { part, time: item.time, kind: item.stream, line: item.line };
  }
}
