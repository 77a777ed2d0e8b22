import type { Context } from "../common/context.ts";
import { UserError } from "../common/errors.ts";
import { type ContainerSummary, Engine } from "../docker/engine.ts";
import { stackNames } from "../model/names.ts";
import { containersOf, isOf } from "../model/parts.ts";
import type { Settings } from "../model/settings.ts";
import { ownerId } from "../toolchain/owner.ts";
import type { Stack } from "./stack.ts";

/** How long an engine may take to answer a command that fails anyway, in ms. */
const askMs = 1_000;

/**
 * For a command that needs a stack which was brought up before.
 * @throws UserError where this backend does not know it: `up` makes it, and where its containers are there `adopt` finds its state again
 */
export async function mustBeKnown(stack: Pick<Stack, "name" | "state">, { env }: Pick<Context, "env">): Promise<void> {
  if ((await stack.state()) !== undefined) return;
  throw (await lostState(stack.name, env)) ?? new UserError(`there is no stack "${stack.name}"`, `./nitro up -s ${stack.name}`);
}

/**
 * For a stack that this backend does not know.
 * @returns what to say where its containers are there; undefined where they are not, or no engine answers
 */
export async function lostState(stack: string, env: NodeJS.ProcessEnv): Promise<UserError | undefined> {
  if (!(await isOnEngine(stack, env))) return undefined;
  return new UserError(
    `the state of stack "${stack}" is not in this backend, while its containers are on the engine`,
    `./nitro adopt -s ${stack} rebuilds it`,
  );
}

/**
 * For `up` of a stack that this backend does not know: what runs of it would be replaced, where `adopt` keeps it. What adopt cannot keep, and what
 * does not run, `up` makes anew.
 * @throws UserError where a part of it runs
 */
export async function mustNotRun(
  engine: Pick<Engine, "containers">,
  { stack, settings }: { readonly stack: string; readonly settings: Pick<Settings, "ledger" | "runtime"> },
  env: NodeJS.ProcessEnv,
): Promise<void> {
  if (settings.ledger.mode === "aws" || settings.runtime === "swarm") return;
  const running = (await ownParts(engine, stack, ownerId(env))).filter(({ state }) => state === "running");
  if (running.length === 0) return;
  throw new UserError(
    `the state of stack "${stack}" is not in this backend, while ${running.length} of its containers ${running.length === 1 ? "runs" : "run"}; nothing was changed`,
    `./nitro adopt -s ${stack} keeps them; to begin anew, without its data: ./nitro down -s ${stack}, then ./nitro up -s ${stack}`,
  );
}

/** The same for a preview of a stack that this backend does not know, which does without an engine. */
export async function mayBePreviewed(stack: string, settings: Pick<Settings, "ledger" | "runtime">, env: NodeJS.ProcessEnv): Promise<void> {
  const engine = await answering(env);
  if (engine !== undefined) await mustNotRun(engine, { stack, settings }, env);
}

async function isOnEngine(stack: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const engine = await answering(env);
  return engine !== undefined && (await ownParts(engine, stack, ownerId(env)).catch(() => [])).length > 0;
}

/** The engine; undefined where none answers at once: nothing is known of the stack then, as before. */
async function answering(env: NodeJS.ProcessEnv): Promise<Engine | undefined> {
  const engine = Engine.connect(env);
  return await engine.ping({ timeoutMs: askMs }).then(
    () => engine,
    () => undefined,
  );
}

/** The containers of a stack's own parts, stopped ones too: pulumi alone makes them, and only once the stack has a state. */
async function ownParts(engine: Pick<Engine, "containers">, stack: string, owner: string): Promise<ContainerSummary[]> {
  const containers = await engine.containers(containersOf({ stack, owner }));
  const names = Object.values(stackNames(stack).containers);
  return containers.filter((container) => names.includes(container.name) && isOf(container, { stack, owner }));
}
