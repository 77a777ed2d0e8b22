import type { Strategy } from "../../common/waiting.ts";
import type { Engine } from "../engine.ts";

/** That a container is removed. @param id or its name */
export function gone(engine: Pick<Engine, "inspect">, id: string): Strategy<void> {
  return {
    what: `the removal of container ${id.slice(0, 12)}`,
    async look() {
      const details = await engine.inspect(id).catch(() => undefined);
      return details === undefined ? { found: undefined } : { seen: `it is ${details.status}` };
    },
  };
}
