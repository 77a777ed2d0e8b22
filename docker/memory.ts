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

/** What containers have in memory, for whoever looks often and cannot wait: an engine may take a second to tell (Docker 20.10 does). */
export class KnownMemory {
  private readonly engine: Pick<Engine, "stats">;
  private readonly known = new Map<string, { readonly id: string; readonly memory: number | undefined }>();
  private readonly asked = new Set<string>();

  constructor(engine: Pick<Engine, "stats">) {
    this.engine = engine;
  }

  /** @returns bytes, as of the question before; undefined where this is the first. It is asked anew meanwhile */
  of(container: Pick<ContainerDetails, "id" | "name" | "running" | "memoryLimit">): number | undefined {
    const { id, name } = container;
    if (!this.asked.has(id)) void this.ask(container);
    const last = this.known.get(name);
    return last?.id === id ? last.memory : undefined;
  }

  private async ask(container: Pick<ContainerDetails, "id" | "name" | "running" | "memoryLimit">): Promise<void> {
    const { id, name } = container;
    this.asked.add(id);
    this.known.set(name, { id, memory: await memoryInUse(this.engine, container) });
    this.asked.delete(id);
  }
}
