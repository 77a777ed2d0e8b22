import { UserError } from "../common/errors.ts";
import { serverPem } from "../components/certificates.ts";
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
    const [{ operators, authority }, { stdout }] = await Promise.all([
      readOperators(engine, names),
      // Redis has a certificate where it speaks TLS.
      engine.exec(names.containers.redis, ["sh", "-c", `cut -d' ' -f2 ${secretsPath("/data")}; ls ${serverPem} 2>/dev/null`]),
    ]);
    const tunnel = isRemote(engine) ? await StackTunnel.open(engine, stack, owner) : undefined;
    try {
      const [password, certificate] = stdout.trim().split("\n");
      const scheme = certificate === undefined ? "redis" : "rediss";
      const url = `${scheme}://default:${password}@127.0.0.1:${tunnel?.ports.redis ?? redis.ports[0]}`;
      const client = await connectPayouts(url, stack, authority);
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
