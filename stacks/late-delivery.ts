import { availableParallelism } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { trace } from "../common/trace.ts";
import { wait } from "../common/waiting.ts";
import { stopGraceSeconds } from "../components/container.ts";
import type { ContainerSummary, Engine } from "../docker/engine.ts";
import { gone } from "../docker/waiting/gone.ts";
import { type DeliveryArgs, prepareDelivery } from "../executable/delivery.ts";
import type { LiveRole } from "../executable/live-override.ts";
import type { LoadedExecutable, StagedExecutable } from "../executable/staging.ts";
import { labels } from "../model/names.ts";
import { containersOf } from "../model/parts.ts";

/** Room for containers that are about to be replaced. */
export interface WayArgs {
  readonly engine: Pick<Engine, "stop" | "inspect">;
  /** The stack's own. */
  readonly containers: readonly Pick<ContainerSummary, "id" | "labels">[];
  readonly staged: StagedExecutable;
  /** The containers of these roles that run another executable are stopped. */
  readonly roles: readonly LiveRole[];
  /** False: what the new containers need is not there, and the old ones stay. */
  readonly mayStop: Promise<boolean>;
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
export async function deliverLater(
  args: DeliveryArgs,
  executable: Promise<LoadedExecutable> | undefined,
  way: Pick<WayArgs, "roles" | "mayStop">,
): Promise<Handover> {
  const loaded = await executable;
  const { engine, owner, stack } = args;
  const containers = await engine.containers(containersOf({ stack, owner }));
  const staged = await (await prepareDelivery({ ...args, loaded }, false)).deliver(containers);
  trace(process.env, "executable staged");
  return await makeWay({ engine, containers, staged, ...way });
}

/**
 * Stops the containers that Pulumi is about to replace, once everything else is there: most of what a replacement takes is over when Pulumi
 * comes to it.
 */
export async function makeWay({ engine, containers, staged, roles, mayStop }: WayArgs): Promise<Handover> {
  const replaced = containers.filter(({ labels: has }) => {
    return roles.some((role) => role === has[labels.role]) && has[labels.executable] !== staged.sha256;
  });
  if (replaced.length === 0 || !(await mayStop)) return { staged };
  for (const { id } of replaced) {
    // Pulumi does it again, and tells what goes wrong: by then most of it is over.
    engine.stop(id, { graceSeconds: stopGraceSeconds }).catch(() => {});
  }
  const few = availableParallelism() < parallelFrom;
  // The requests leave before the program goes on, which keeps this thread busy.
  await pause(few ? engineAloneMs : 0);
  trace(process.env, "containers asked to stop");
  const service = replaced.find(({ labels: has }) => has[labels.role] === "service");
  return few && service !== undefined ? { staged, serviceGone: wait(gone(engine, service.id), goneLimits) } : { staged };
}

/**
 * Processors from which service and worker are replaced side by side, and Pulumi works beside the engine. With fewer they hold each other up,
 * measured with two: one after the other, the service answers 0.1 s earlier and the worker no later.
 */
const parallelFrom = 4;

/**
 * How long the engine has few processors for itself, in ms. Two containers take more than twice as long to stop, and Pulumi half of it to come to
 * them: it waits anyway. Measured with two processors, the new version answers 40 ms earlier than without.
 */
const engineAloneMs = 75;

/** It is gone soon, or waiting for it does not pay. */
const goneLimits = { timeoutMs: 1000, intervalMs: 20 };
