import type { Context } from "../common/context.ts";
import { UserError } from "../common/errors.ts";
import { type ContainerSummary, Engine } from "../docker/engine.ts";
import { labels, stackNames } from "../model/names.ts";
import { isOf } from "../model/parts.ts";
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
  if (await isOnEngine(stack.name, env))
    throw new UserError(
      `the state of stack "${stack.name}" is not in this backend, while its containers are on the engine`,
      `./nitro adopt -s ${stack.name} rebuilds it`,
    );
  throw new UserError(`there is no stack "${stack.name}"`, `./nitro up -s ${stack.name}`);
}

async function isOnEngine(stack: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  try {
    const engine = Engine.connect(env);
    await engine.ping({ timeoutMs: askMs });
    return (await ownParts(engine, stack, ownerId(env))).length > 0;
  } catch {
    // Where no engine answers nothing is known of the stack, as before.
    return false;
  }
}

/** The containers of a stack's own parts, stopped ones too: pulumi alone makes them, and only once the stack has a state. */
async function ownParts(engine: Pick<Engine, "containers">, stack: string, owner: string): Promise<ContainerSummary[]> {
  const containers = await engine.containers({ labels: { [labels.stack]: stack, [labels.owner]: owner }, all: true });
  const names = Object.values(stackNames(stack).containers);
  return containers.filter((container) => names.includes(container.name) && isOf(container, { stack, owner }));
}
