import type { Engine } from "../docker/engine.ts";
import { lastNoted, nextUse, useRole, useVolume } from "../model/last-use.ts";
import { labels } from "../model/names.ts";
import type { Owned } from "../model/parts.ts";

/**
 * Notes on the engine that somebody uses a stack, where others see it; nothing where the stack is not there. The new note is there before the one
 * before goes: whoever is cut off in between leaves both, of which the later counts.
 * @param user such as "ann@laptop"
 * @throws EngineError
 */
export async function noteUse(
  engine: Pick<Engine, "containers" | "volumes" | "createVolume" | "removeVolume">,
  { stack, owner }: Owned,
  user: string,
  now = Date.now(),
): Promise<void> {
  const own = { [labels.stack]: stack, [labels.owner]: owner };
  const [containers, noted] = await Promise.all([
    engine.containers({ labels: own, all: true }),
    engine.volumes({ labels: { ...own, [labels.role]: useRole } }),
  ]);
  const use = nextUse(lastNoted(noted), user, now);
  if (containers.length === 0 || use === undefined) return;
  const volume = useVolume(stack, owner, use);
  await engine.createVolume(volume.name, volume.labels);
  for (const { name } of noted.filter((each) => each.name !== volume.name)) await engine.removeVolume(name);
}
