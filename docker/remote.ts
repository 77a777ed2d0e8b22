import type { Engine } from "./engine.ts";

/** True where the engine is on another machine: what it publishes on its loopback is not to be had on this one's. */
export function isRemote(engine: Pick<Engine, "host">): boolean {
  return !engine.host.startsWith("unix:");
}
