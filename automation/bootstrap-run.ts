import { UserError } from "../common/errors.ts";
import { wait } from "../common/waiting.ts";
import { askContainer } from "../docker/ask.ts";
import type { Engine } from "../docker/engine.ts";
import { localstackOf, shareKeys } from "../executable/sealing.ts";
import { type BootstrapMode, bootstrapModes, bootstrapObject, feederMark, neededShares, sharePrefix } from "../key-feeder/contract.ts";
import { stackNames } from "../model/names.ts";

/** The key-feeder looks once a second. */
const limits = { timeoutMs: 15_000, intervalMs: 100 };

/**
 * Has the key-feeder unseal, or leave it to operators, whatever the stack's settings say: until endBootstrapRun, or until LocalStack is
 * started anew, which empties it. The service is not touched: it finds the shares, or none, at its next start.
 * @throws UserError where LocalStack does not answer, or the shares do not come or go
 */
export async function beginBootstrapRun(engine: Engine, stack: string, mode: BootstrapMode, signal: AbortSignal): Promise<void> {
  const port = await localstackPort(engine, stack);
  const put = await askContainer(engine, localstackOf(stack, port), object(stack), { method: "PUT", json: mode });
  if (put?.status !== 200) {
    const said = put === undefined ? "it does not answer" : `it answers ${put.status} ${put.text.trim()}`;
    throw new UserError(`LocalStack of stack "${stack}" cannot be told that bootstrap is ${mode}: ${said}`, `./nitro status -s ${stack}`);
  }
  await sharesOf(engine, stack, mode, signal);
}

/**
 * From now on the stack's settings say again how it is unsealed.
 * @param declared what they say
 */
export async function endBootstrapRun(engine: Engine, stack: string, declared: BootstrapMode, signal: AbortSignal): Promise<void> {
  const port = await localstackPort(engine, stack);
  const localstack = localstackOf(stack, port);
  const there = await askContainer(engine, localstack, object(stack));
  if (there?.status !== 200) return;
  await askContainer(engine, localstack, object(stack), { method: "DELETE" });
  await sharesOf(engine, stack, declared, signal);
}

/** @returns how the stack is unsealed now: as it is declared, unless somebody has said something else for a while */
export async function presentBootstrap(engine: Engine, stack: string, declared: BootstrapMode): Promise<BootstrapMode> {
  const answer = await askContainer(engine, localstackOf(stack, await localstackPort(engine, stack)), object(stack));
  return bootstrapModes.find((mode) => answer?.status === 200 && answer.text === mode) ?? declared;
}

/** Waits until the shares are as the key-feeder leaves them in that mode: a service that starts before that would look again a minute later. */
async function sharesOf(engine: Engine, stack: string, mode: BootstrapMode, signal: AbortSignal): Promise<void> {
  const port = await localstackPort(engine, stack);
  const what = mode === "manual" ? "the key-feeder to take its shares back" : "the key-feeder to put its shares";
  const look = async () => {
    const keys = port === undefined ? [] : await shareKeys(engine, stack, port);
    const shares = keys.filter((key) => key.startsWith(sharePrefix));
    if (mode === "auto") return shares.length >= neededShares ? { found: true } : { seen: `${shares.length} are there` };
    const ours = await Promise.all(shares.map((key) => isOfFeeder(engine, stack, port, key)));
    return ours.includes(true) ? { seen: `${ours.filter((each) => each).length} are there` } : { found: true };
  };
  const waited = await wait({ what, look }, { ...limits, signal });
  if (waited.end !== "late") return;
  throw new UserError(
    `waited ${limits.timeoutMs / 1000} s in vain for ${what}: ${waited.seen}`,
    `./nitro logs key-feeder -s ${stack}; ./nitro operator share ls -s ${stack}`,
  );
}

/** What operators have put stays. */
async function isOfFeeder(engine: Engine, stack: string, port: number | undefined, key: string): Promise<boolean> {
  const path = `/${stackNames(stack).buckets.shares}/${key.split("/").map(encodeURIComponent).join("/")}`;
  const answer = await askContainer(engine, localstackOf(stack, port), path);
  return answer?.headers.get(`x-amz-meta-${feederMark.name}`) === feederMark.value;
}

function object(stack: string): string {
  return `/${stackNames(stack).buckets.shares}/${bootstrapObject}`;
}

async function localstackPort(engine: Engine, stack: string): Promise<number | undefined> {
  return (await engine.inspect(stackNames(stack).containers.localstack))?.ports[0]?.hostPort;
}
