import type { Registry } from "./registry.ts";

/** A request of the control plane: https://docs.aws.amazon.com/qldb/latest/developerguide/api-reference.html */
export interface ControlRequest {
  readonly registry: Registry;
  /** What stands in the path's variable places, decoded. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
}
