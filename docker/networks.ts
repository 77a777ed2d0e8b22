import { setTimeout as sleep } from "node:timers/promises";
import { EngineError, isNotFound } from "./error.ts";
import type { Transport } from "./transport.ts";

/** How long tasks may take to leave a swarm's network. */
const goneMs = 30_000;

const lookMs = 100;

/** What a swarm says of a network that its tasks are leaving, or that the manager has removed and its own node has not. */
const onItsWay = /is in use by (task|service)|network \S+ not found/;

/**
 * Nothing happens where it is gone already. A swarm's manager answers before its own node has removed it, and refuses while tasks are on it.
 * @param name or its id
 */
export async function removeNetwork(transport: Transport, name: string): Promise<void> {
  const path = `/networks/${name}`;
  const end = Date.now() + goneMs;
  for (;;) {
    try {
      await transport.text({ method: "DELETE", path, doing: `remove network ${name}` });
    } catch (error) {
      if (isNotFound(error)) return;
      if (!(error instanceof EngineError) || !onItsWay.test(error.message) || Date.now() > end) throw error;
    }
    if (!(await isThere(transport, path))) return;
    if (Date.now() > end) throw new EngineError(`cannot remove network ${name}: it is still there after ${goneMs / 1000} s`);
    await sleep(lookMs);
  }
}

async function isThere(transport: Transport, path: string): Promise<boolean> {
  try {
    await transport.text({ method: "GET", path, doing: "look for a network" });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
