import type { Policy } from "./policy.ts";
import { containerType, flagValue, record, texts } from "./values.ts";

/** Capabilities that are as good as the whole machine (capabilities(7)). */
const almighty = new Set(["ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "DAC_READ_SEARCH", "BPF"]);

export const unprivileged: Policy = {
  name: "unprivileged",
  description: "No container is privileged, or as good as that.",
  check({ type, props }) {
    if (type !== containerType) return [];
    const privileged = flagValue(props, "privileged") ? ["it is privileged: remove privileged"] : [];
    const added = texts(record(props, "capabilities"), "adds")
      .filter((capability) => almighty.has(capability.toUpperCase().replace(/^CAP_/, "")))
      .map((capability) => `capability ${capability} is as good as privileged: remove it from capabilities.adds`);
    const unconfined = texts(props, "securityOpts")
      .filter((option) => /^(seccomp|apparmor|label|systempaths)[=:](unconfined|disable)$/.test(option))
      .map((option) => `${option} takes a container's confinement away: remove it from securityOpts`);
    return [...privileged, ...added, ...unconfined];
  },
};
