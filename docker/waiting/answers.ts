import { errorMessage } from "../../common/errors.ts";
import type { Look, Strategy } from "../../common/waiting.ts";
import type { Engine } from "../engine.ts";
import { ContainerExit, lastEnding } from "./exit.ts";

export interface AnswerOptions {
  /** A command inside the container that exits with 0 when it answers. */
  readonly check: readonly string[];
  /** Whether the engine is believed where it already calls the container healthy. */
  readonly believed: boolean;
  /** Asks in place of the check, once or for a while: true where the container answered. The check is then run for what it says. */
  readonly ask?: (() => Promise<boolean>) | undefined;
}

/**
 * That a container answers its health check, which is run here: the engine's first one comes an interval late. Fails with ContainerExit as soon
 * as the container exits or restarts, or where there is none.
 * @param container its name
 */
export function answers(
  engine: Pick<Engine, "inspect" | "exec" | "pastEvents">,
  container: string,
  options: AnswerOptions,
): Strategy<void> {
  let restarts: number | undefined;
  return {
    what: `an answer of container ${container}`,
    async look(): Promise<Look<void>> {
      const details = await engine.inspect(container);
      if (details === undefined) throw new ContainerExit(container, undefined);
      if (details.health === "healthy" && options.believed) return { found: undefined };
      restarts ??= details.restartCount;
      if (details.status !== "running" || details.restartCount > restarts) {
        throw new ContainerExit(container, await lastEnding(engine, details));
      }
      if (await options.ask?.()) return { found: undefined };
      const check = await engine.exec(container, [...options.check]).catch((error) => ({ exitCode: -1, output: errorMessage(error) }));
      return check.exitCode === 0 && options.ask === undefined ? { found: undefined } : { seen: check.output.trim() };
    },
  };
}
