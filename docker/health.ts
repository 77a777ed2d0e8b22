import type { ContainerDetails, ContainerSummary, Engine, Health } from "./engine.ts";

/**
 * Whether a running container answers now. The engine looks only every few seconds: while it calls a container anything but healthy, the
 * check itself is run. A part that lost another one and has it back would else pass for broken.
 * @returns undefined where the container has no health check
 */
export async function presentHealth(
  engine: Pick<Engine, "exec">,
  { name, health, healthCheck }: Pick<ContainerDetails, "name" | "health" | "healthCheck">,
): Promise<Health | undefined> {
  if (health === undefined || health === "healthy" || healthCheck === undefined) return health;
  const check = await engine.exec(name, healthCheck).catch(() => undefined);
  return check?.exitCode === 0 ? "healthy" : health;
}

/**
 * The same for a container as a list has it: the engine is asked for its health check only where it does not call it healthy.
 * @returns what the list says where the container does not run, or is gone by now
 */
export async function healthNow(
  engine: Pick<Engine, "exec" | "inspect">,
  { name, state, health }: Pick<ContainerSummary, "name" | "state" | "health">,
): Promise<Health | undefined> {
  if (state !== "running" || health === undefined || health === "healthy") return health;
  const details = await engine.inspect(name);
  return details === undefined ? health : await presentHealth(engine, details);
}
