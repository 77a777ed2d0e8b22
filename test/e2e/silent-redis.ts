import type { Engine } from "../../docker/engine.ts";
import { waitFor } from "../../testing/wait-for.ts";

/** Does something while a stack's Redis runs and says nothing, which its container's health tells by then. @param container its name */
export async function whileRedisIsSilent(engine: Engine, container: string, work: () => Promise<void>): Promise<void> {
  await signalRedis(engine, container, "STOP");
  try {
    const isUnhealthy = async () => (await engine.inspect(container))?.health === "unhealthy";
    await waitFor(isUnhealthy, { what: "Redis is unhealthy", timeoutMs: 120_000 });
    await work();
  } finally {
    await signalRedis(engine, container, "CONT");
  }
}

async function signalRedis(engine: Engine, container: string, name: "STOP" | "CONT"): Promise<void> {
  const each = `[ "$(cat $p/comm 2>/dev/null)" = redis-server ] && kill -${name} "\${p#/proc/}"`;
  await engine.exec(container, ["sh", "-c", `for p in /proc/[0-9]*; do ${each}; done; true`]);
}
