import type { Strategy } from "../../common/waiting.ts";
import type { ContainerDetails, Engine } from "../engine.ts";

/** That a container's present run is over: it does not run, was started again, or is gone. */
export function ended(
  engine: Pick<Engine, "inspect">,
  { name, restartCount }: Pick<ContainerDetails, "name" | "restartCount">,
): Strategy<void> {
  return {
    what: `the end of container ${name}`,
    async look() {
      const now = await engine.inspect(name).catch(() => undefined);
      const over = now === undefined || now.status !== "running" || now.restartCount !== restartCount;
      return over ? { found: undefined } : { seen: "it runs" };
    },
  };
}
