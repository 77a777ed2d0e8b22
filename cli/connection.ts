import { configure, mustBePlain } from "../automation/configured.ts";
import { mustBeKnown } from "../automation/lost-state.ts";
import { Stack } from "../automation/stack.ts";
import { StackTunnel } from "../automation/tunnel.ts";
import type { Context } from "../common/context.ts";
import { UserError } from "../common/errors.ts";
import { Engine } from "../docker/engine.ts";
import { isRemote } from "../docker/remote.ts";
import { type Role, stackNames } from "../model/names.ts";
import type { StackOutputs } from "../model/outputs.ts";
import { partsOf } from "../model/parts.ts";
import type { Settings } from "../model/settings.ts";
import { numbered, type StackOperator } from "../operators/keys.ts";
import { type Observed, stoppedProblem } from "../operators/payouts/problem.ts";
import { ownerId } from "../toolchain/owner.ts";

/** A running stack, as whoever works with it sees it. */
export interface ConnectedStack {
  readonly name: string;
  readonly engine: Engine;
  readonly settings: Pick<Settings, "authorization" | "bootstrap" | "payout">;
  /** What clients of the service sign as its host. */
  readonly serviceHost: string;
  /** Its outputs, with addresses that this machine reaches. */
  readonly outputs: Pick<StackOutputs, "aws" | "buckets" | "caCertificate" | "localstackUrl" | "redisUrl" | "serviceUrl">;
  /** In the order of their numbers. */
  readonly operators: readonly StackOperator[];
}

/**
 * Looks at a stack and does something with it.
 * @param needed parts without which that cannot be done
 * @throws UserError where the stack is not up, or one of these parts does not run
 */
export async function withStack<T>(
  name: string,
  context: Context,
  needed: readonly Role[],
  use: (stack: ConnectedStack) => Promise<T>,
): Promise<T> {
  const stack = new Stack(name, context);
  const configured = await configure(name, context, { files: [] });
  mustBePlain(configured, "authorization", "bootstrap", "payout", "service.host");
  await mustBeKnown(stack, context);
  const [outputs, stopped] = await Promise.all([stack.outputs(true), stoppedParts(name, context, needed)]);
  if (!isUp(outputs)) throw new UserError(`stack "${name}" is not up: it has no outputs yet`, `./nitro up -s ${name}`);
  const problem = stoppedProblem(name, stopped, needed);
  if (problem !== undefined) throw new UserError(problem.message, problem.hint);
  const engine = Engine.connect(context.env);
  // Who needs the ledger may stop all that is not needed.
  const relay = needed.includes("ledger") ? "ledger" : "key-feeder";
  const tunnel = isRemote(engine) ? await StackTunnel.open(engine, name, ownerId(context.env), { through: relay }) : undefined;
  const { settings } = configured;
  try {
    const reached = tunnel === undefined ? outputs : through(outputs, tunnel.ports);
    return await use({
      name,
      engine,
      settings,
      serviceHost: settings.service.host,
      outputs: reached,
      operators: numbered(outputs.operators ?? []),
    });
  } finally {
    tunnel?.close();
  }
}

/** Parts of a stack that do not run. */
export async function stoppedParts(stack: string, context: Context, needed: readonly Role[]): Promise<Observed["stopped"]> {
  const engine = Engine.connect(context.env);
  const { containers } = stackNames(stack);
  const [service, ...found] = await Promise.all([
    engine.inspect(containers.service),
    ...needed.map(async (role) => ({ role, details: await engine.inspect(containers[role]) })),
  ]);
  const parts = partsOf(service?.labels);
  return found
    .filter(({ role }) => parts.includes(role))
    .flatMap(({ role, details }) => (details?.status === "running" ? [] : [{ role, state: details?.status ?? "missing" }]));
}

function isUp(outputs: Readonly<Record<string, unknown>>): outputs is Readonly<Record<string, unknown>> & StackOutputs {
  return typeof outputs.redisUrl === "string";
}

function through<T extends ConnectedStack["outputs"]>(outputs: T, ports: StackTunnel["ports"]): T {
  const { serviceUrl, redisUrl, localstackUrl } = outputs;
  return {
    ...outputs,
    serviceUrl: withPort(serviceUrl, ports.service),
    redisUrl: withPort(redisUrl, ports.redis),
    localstackUrl: withPort(localstackUrl, ports.localstack),
  };
}

/** Without a slash at the end where there was none. */
function withPort(text: string, port: number): string {
  const url = new URL(text);
  return text.replace(url.host, `${url.hostname}:${port}`);
}
