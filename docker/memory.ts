import type { ContainerDetails, Engine } from "./engine.ts";

/**
 * What a running container has in memory, in bytes, without the page cache. Each of ours is made with a limit: an engine that cannot set one
 * tells of the whole machine instead, without root on cgroups of version 1. Podman then knows of no limit, Docker of another.
 * @returns undefined where the engine does not tell
 */
export async function memoryInUse(
  engine: Pick<Engine, "stats">,
  { id, running, memoryLimit }: Pick<ContainerDetails, "id" | "running" | "memoryLimit">,
): Promise<number | undefined> {
  if (!running || memoryLimit <= 0) return undefined;
  const stats = await engine.stats(id).catch(() => undefined);
  return stats?.memoryLimit === memoryLimit ? stats.memory : undefined;
}
