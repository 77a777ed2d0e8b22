import type { ContainerSpec } from "../../docker/engine.ts";

/** What every container of a stack runs under. @param label by which the test finds and removes its own */
export function locked(label: string): Partial<ContainerSpec> {
  return { user: "1000:1000", readOnly: true, capDropAll: true, noNewPrivileges: true, init: true, labels: { [label]: "1" } };
}
