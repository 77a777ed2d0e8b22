import type { Registry } from "../control/registry.ts";
import type { Sessions } from "./session.ts";

/** What requests of the session API are answered with. */
export interface SessionContext {
  readonly registry: Registry;
  readonly sessions: Sessions;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
