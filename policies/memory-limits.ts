import type { Policy } from "./policy.ts";
import { containerType, isUnknown, numberValue } from "./values.ts";

export const memoryLimits: Policy = {
  name: "memory-limits",
  description: "Every container has a memory limit.",
  check({ type, props }) {
    if (type !== containerType || isUnknown(props, "memory") || (numberValue(props, "memory") ?? 0) > 0) return [];
    return ["it may use all memory of the machine: set memory, in MiB"];
  },
};
