import type { Strategy } from "../../common/waiting.ts";
import type { Engine } from "../engine.ts";
import { EngineError } from "../error.ts";

/** That an engine which was just started answers. */
export function engineAnswers(engine: Pick<Engine, "ping">): Strategy<void> {
  return {
    what: "the container engine that was started",
    async look() {
      try {
        await engine.ping();
        return { found: undefined };
      } catch (error) {
        if (error instanceof EngineError) return { seen: error.message };
        throw error;
      }
    },
  };
}
