import { UserError } from "../common/errors.ts";
import { secretsPath } from "../components/secrets.ts";
import { type Engine, EngineError } from "../docker/engine.ts";
import { isRemote } from "../docker/remote.ts";
import { stackNames } from "../model/names.ts";
import { numbered } from "../operators/keys.ts";
import { connectPayouts } from "../operators/payouts/streams.ts";
import { readWaiting, type WaitingPayments } from "../operators/payouts/waiting.ts";
import { readOperators } from "../stacks/operators.ts";
import type { StackStatus } from "./status.ts";
import { StackTunnel } from "./tunnel.ts";

/** Asks the stack's Redis which payments wait for which operator; none where it does not answer. */
export async function paymentsWaiting(engine: Engine, { stack, parts }: StackStatus, owner: string): Promise<WaitingPayments[]> {
  const redis = parts.find(({ role, state }) => role === "redis" && state === "running");
  if (redis?.ports[0] === undefined) return [];
  try {
    const names = stackNames(stack);
    const [{ operators }, { stdout }] = await Promise.all([
      readOperators(engine, names),
      engine.exec(names.containers.redis, ["cut", "-d", " ", "-f2", secretsPath("/data")]),
    ]);
    const tunnel = isRemote(engine) ? await StackTunnel.open(engine, stack, owner) : undefined;
    try {
      const client = await connectPayouts(`redis://default:${stdout.trim()}@127.0.0.1:${tunnel?.ports.redis ?? redis.ports[0]}`, stack);
      try {
        return await readWaiting(
          client,
          numbered(operators).map(({ keyId }) => keyId),
        );
      } finally {
        client.disconnect();
      }
    } finally {
      tunnel?.close();
    }
  } catch (error) {
    // What does not run or answer is told by its own line.
    if (error instanceof UserError || error instanceof EngineError) return [];
    throw error;
  }
}
