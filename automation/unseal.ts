import type { Context } from "../common/context.ts";
import { InterruptedError, UserError } from "../common/errors.ts";
import type { Progress } from "../common/progress.ts";
import { DeadlineError, inVain, type Look, wait } from "../common/waiting.ts";
import type { Engine } from "../docker/engine.ts";
import { endingWords } from "../docker/last-lines.ts";
import { loopRestarts } from "../docker/waiting/exit.ts";
import { readSealing, type SealState } from "../executable/sealing.ts";
import { presentService, waitUnsealed } from "../executable/service-secrets.ts";
import { type BootstrapMode, neededShares } from "../key-feeder/contract.ts";
import { containerName, stackNames } from "../model/names.ts";
import type { Configured } from "./configured.ts";
import { answersNow, type PartStatus, type StackStatus, stackStatus } from "./status.ts";

/** A service that finds its shares at its first look is unsealed long before. */
const patienceMs = 8_000;
/** It looks again after 60 s. */
const nextLookMs = 75_000;
const answerLimits = { timeoutMs: 20_000, intervalMs: 100 };

/**
 * Waits until the service is unsealed. One that looked before the shares were there would look again only after a minute:
 * it is restarted instead, which costs it nothing, since it could not work yet.
 * @throws UserError where it stays sealed, or ends
 */
export async function waitUntilUnsealed(engine: Engine, stack: string, progress: Progress, context: Context): Promise<void> {
  const look = () => stackStatus(engine, stack, context);
  const name = stackNames(stack).containers.service;
  if (!(await look()).sealed) return;
  progress.start("waiting until the service is unsealed");
  try {
    if (await unsealsWithin(engine, stack, patienceMs, context)) return;
    if ((await look()).shares >= neededShares) {
      progress.line("the service looks for key shares only once a minute: restarting it, they are there now");
      await engine.restart(name, { graceSeconds: 1 });
    }
    if (await unsealsWithin(engine, stack, nextLookMs, context)) return;
    const { shares, cause } = await look();
    throw new UserError(
      `the service answers but is still sealed (${shares} shares are in S3, it needs ${neededShares}${cause === undefined ? "" : `; ${cause}`})`,
      `./nitro logs -s ${stack} --tail 30 service key-feeder`,
    );
  } finally {
    progress.stop();
  }
}

/**
 * How far the service has come after a swap. One whose shares are there is waited for: it takes them as it starts.
 * @param signal ends the waiting
 */
export async function sealingAfterSwap(engine: Engine, stack: string, root: string, signal: AbortSignal): Promise<SealState> {
  const notes = { root, stack };
  const { containers } = stackNames(stack);
  const [service, localstack] = await Promise.all([presentService(engine, containers.service), engine.inspect(containers.localstack)]);
  if (service === undefined) return { sealed: true, shares: 0 };
  const sealing = await readSealing(engine, service, localstack?.ports[0]?.hostPort, notes);
  if (!sealing.sealed || sealing.shares < neededShares) return sealing;
  const unsealing = await waitUnsealed(engine, service, notes, AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]));
  return { ...sealing, sealed: unsealing !== "unsealed" };
}

/** @throws UserError as soon as the service ends */
async function unsealsWithin(engine: Engine, stack: string, ms: number, { root, signal }: Context): Promise<boolean> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
  const service = await presentService(engine, stackNames(stack).containers.service);
  const unsealing = service === undefined ? "ended" : await waitUnsealed(engine, service, { root, stack }, until);
  if (signal.aborted) throw new InterruptedError("stopped while waiting for the service to be unsealed");
  if (unsealing === "ended") throw await stopped(engine, stack, ["service"]);
  return unsealing === "unsealed";
}

/**
 * Waits until every part answers: the service says that it is unsealed a moment before it listens, and one that lost a neighbour which
 * this very command has replaced may take a moment to find it again.
 * @throws UserError naming those that do not; at once where one has stopped, with its last log lines
 */
export async function waitUntilHealthy(engine: Engine, stack: string, { env, root, signal }: Context): Promise<StackStatus> {
  let silent: readonly string[] = [];
  let before: ReadonlyMap<string, number> | undefined;
  const look = async (): Promise<Look<StackStatus>> => {
    const status = await stackStatus(engine, stack, { env, root });
    if (status.healthy) return { found: status };
    before ??= new Map(status.parts.map(({ id, restarts }) => [id, restarts]));
    const crashed = ({ id, restarts }: PartStatus) => restarts - (before?.get(id) ?? 0) >= loopRestarts;
    const ended = status.parts.filter((part) => over.includes(part.state) || crashed(part));
    if (ended.length > 0)
      throw await stopped(
        engine,
        stack,
        ended.map(({ role }) => role),
      );
    silent = status.parts.filter((part) => !answersNow(part)).map(({ role }) => role);
    return { seen: `${silent.join(", ")} ${silent.length === 1 ? "does" : "do"} not answer` };
  };
  const what = "an answer of every part";
  const waited = await wait({ what, look }, { ...answerLimits, signal });
  if (waited.end === "found") return waited.value;
  if (waited.end === "stopped") throw new InterruptedError(`stopped while waiting for ${what}`);
  throw new DeadlineError(inVain(what, waited), logs(stack, silent));
}

/** How the settings have a stack unsealed; where only pulumi can read that, nobody waits for it, as under `manual`. */
export function declaredBootstrap({ settings, file }: Pick<Configured, "settings" | "file">): BootstrapMode {
  return file.hides("bootstrap") ? "manual" : settings.bootstrap;
}

/**
 * Waits until every part answers and, under bootstrap `auto`, the service is unsealed; under `manual` operators do that, whenever they like.
 * @throws UserError as the two waits do
 */
export async function waitUntilReady(
  engine: Engine,
  stack: string,
  bootstrap: BootstrapMode,
  progress: Progress,
  context: Context,
): Promise<StackStatus> {
  if (bootstrap === "auto") await waitUntilUnsealed(engine, stack, progress, context);
  return waitUntilHealthy(engine, stack, context);
}

/** States that a container does not leave by itself. */
const over: readonly PartStatus["state"][] = ["exited", "dead", "removing", "missing"];

/** What stopped, with its last words. */
async function stopped(engine: Engine, stack: string, roles: readonly string[]): Promise<UserError> {
  const words = roles.map((role) => endingWords(engine, role, containerName(stack, role)));
  return new UserError((await Promise.all(words)).join("\n"), logs(stack, roles));
}

function logs(stack: string, roles: readonly string[]): string {
  return `./nitro logs -s ${stack} --tail 30 ${roles.join(" ")}`;
}
