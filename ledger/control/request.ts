import type { Registry } from "./registry.ts";

/** A request of the control plane: https://docs.aws.amazon.com/qldb/latest/developerguide/api-reference.html */
export interface ControlRequest {
  readonly registry: Registry;
  /** The region that the client believes to be in: what ARNs name. */
  readonly region: string;
  /** What stands in the path's variable places, decoded. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
}
