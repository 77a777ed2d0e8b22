import type { Strategy } from "../../common/waiting.ts";
import type { Engine } from "../engine.ts";

/**
 * That a container of this name runs which is none of the given ones.
 * @param before ids of the containers that were there before
 */
export function started(engine: Pick<Engine, "inspect">, container: string, before: ReadonlySet<string>): Strategy<void> {
  return {
    what: `a new container ${container}`,
    async look() {
      const details = await engine.inspect(container).catch(() => undefined);
      if (details?.status === "running" && !before.has(details.id)) return { found: undefined };
      return { seen: details === undefined ? "there is none" : `${details.id.slice(0, 12)} is ${details.status}` };
    },
  };
}
