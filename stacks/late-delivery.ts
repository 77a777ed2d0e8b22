import { availableParallelism } from "node:os";
import { setImmediate as othersTurn } from "node:timers/promises";
import { trace } from "../common/trace.ts";
import { wait } from "../common/waiting.ts";
import { stopGraceSeconds } from "../components/container.ts";
import { gone } from "../docker/waiting/gone.ts";
import { type DeliveryArgs, prepareDelivery } from "../executable/delivery.ts";
import type { LiveRole } from "../executable/live-override.ts";
import type { LoadedExecutable, StagedExecutable } from "../executable/staging.ts";
import { labels } from "../model/names.ts";

/** An executable that comes when everything else is declared. */
export interface LateExecutable {
  /** Runs in place of the configured one, once it is known. */
  readonly executable?: Promise<LoadedExecutable>;
  /** The containers of these roles that it will replace are stopped at once. */
  readonly stopEarly?: readonly LiveRole[];
}

/** An executable that is where the containers find it. */
export interface Handover {
  readonly staged: StagedExecutable;
  /** Resolves once the service's container that is replaced is gone, or pulumi takes long; not given where nothing is to wait for that. */
  readonly serviceGone?: Promise<unknown>;
}

/**
 * Waits for the executable and brings it to the containers. The stack may have changed since it was prepared: what its containers run is asked anew.
 * @throws ExecutableError with the reason and the command that mends it
 */
export async function deliverLater(args: DeliveryArgs, { executable, stopEarly = [] }: LateExecutable): Promise<Handover> {
  const loaded = await executable;
  const { engine, owner, stack } = args;
  const containers = await engine.containers({ labels: { [labels.stack]: stack, [labels.owner]: owner }, all: true });
  const staged = await (await prepareDelivery({ ...args, loaded }, false)).deliver(containers);
  trace(process.env, "executable staged");
  const replaced = containers.filter(({ labels: has }) => {
    return stopEarly.some((role) => role === has[labels.role]) && has[labels.executable] !== staged.sha256;
  });
  for (const { id } of replaced) {
    // Pulumi does it again, and tells what goes wrong: by then most of it is over.
    engine.stop(id, { graceSeconds: stopGraceSeconds }).catch(() => {});
  }
  // The requests leave before the program goes on, which keeps this thread busy.
  await othersTurn();
  trace(process.env, "containers asked to stop");
  const service = replaced.find(({ labels: has }) => has[labels.role] === "service");
  const inTurns = service !== undefined && availableParallelism() < parallelFrom;
  return inTurns ? { staged, serviceGone: wait(gone(engine, service.id), goneLimits) } : { staged };
}

/**
 * Processors from which service and worker are replaced side by side. With fewer they hold each other up, measured with two: one after the other,
 * the service answers 0.1 s earlier and the worker no later.
 */
const parallelFrom = 4;

/** It is gone soon, or waiting for it does not pay. */
const goneLimits = { timeoutMs: 1000, intervalMs: 20 };
