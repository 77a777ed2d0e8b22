import { stackNames } from "../stacks/names.ts";
import { ownerId } from "../toolchain/owner.ts";
import type { Context } from "./command.ts";
import type { Engine } from "./docker.ts";
import { InterruptedError, UserError } from "./errors.ts";
import type { Progress } from "./progress.ts";
import { neededShares, waitUnsealed } from "./sealed.ts";
import { type StackStatus, stackStatus } from "./stack-status.ts";

/** A service that finds its shares at its first look is unsealed long before. */
const patienceMs = 8_000;
/** It looks again after 60 s. */
const nextLookMs = 75_000;
const answerMs = 20_000;

/**
 * Waits until the service is unsealed and answers. One that looked before the shares were there would look again only after a minute:
 * it is restarted instead, which costs it nothing, since it could not work yet.
 * @returns the stack as it is then
 * @throws UserError where it stays sealed
 */
export async function waitUntilUnsealed(engine: Engine, stack: string, progress: Progress, context: Context): Promise<StackStatus> {
  const look = () => stackStatus(engine, stack, ownerId(context.env));
  const name = stackNames(stack).containers.service;
  const status = await look();
  if (!status.sealed) return status;
  progress.start("waiting until the service is unsealed");
  try {
    if (await unsealsWithin(engine, name, patienceMs, context)) return await answering(look);
    const { shares } = await look();
    if (shares >= neededShares) {
      progress.line("the service looks for key shares only once a minute: restarting it, they are there now");
      await engine.restart(name, { graceSeconds: 1 });
    }
    if (await unsealsWithin(engine, name, nextLookMs, context)) return await answering(look);
    throw new UserError(
      `the service answers but is still sealed (${shares} shares are in S3, it needs ${neededShares})`,
      `./nitro logs -s ${stack} --tail 30 service key-feeder`,
    );
  } finally {
    progress.stop();
  }
}

async function unsealsWithin(engine: Engine, name: string, ms: number, { signal }: Context): Promise<boolean> {
  const service = await engine.inspect(name);
  const unsealed = service !== undefined && (await waitUnsealed(engine, service, AbortSignal.any([signal, AbortSignal.timeout(ms)])));
  if (signal.aborted) throw new InterruptedError("stopped while waiting for the service to be unsealed");
  return unsealed;
}

/**
 * Waits until every part answers: one that lost a neighbour which this very command has replaced may take a moment to find it again.
 * @throws UserError naming those that do not
 */
export async function waitUntilHealthy(engine: Engine, stack: string, { env, signal }: Context): Promise<StackStatus> {
  const end = Date.now() + answerMs;
  for (;;) {
    const status = await stackStatus(engine, stack, ownerId(env));
    if (status.healthy) return status;
    if (signal.aborted) throw new InterruptedError("stopped while waiting until every part answers");
    const silent = status.parts.filter(({ health }) => health !== "healthy").map(({ role }) => role);
    if (Date.now() > end) {
      throw new UserError(
        `${silent.join(", ")} ${silent.length === 1 ? "does" : "do"} not answer`,
        `./nitro logs -s ${stack} --tail 30 ${silent.join(" ")}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** It logs that it is unsealed a moment before it listens. */
async function answering(look: () => Promise<StackStatus>): Promise<StackStatus> {
  const end = Date.now() + answerMs;
  for (;;) {
    const status = await look();
    const service = status.parts.find(({ role }) => role === "service");
    if (service?.health === "healthy" || Date.now() > end) return { ...status, sealed: false };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
