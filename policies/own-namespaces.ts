import type { Policy } from "./policy.ts";
import { containerType, records, textValue } from "./values.ts";

const modes = ["networkMode", "pidMode", "ipcMode", "usernsMode", "cgroupnsMode"] as const;

export const ownNamespaces: Policy = {
  name: "own-namespaces",
  description: "No container shares a namespace with its machine.",
  check({ type, props }) {
    if (type !== containerType) return [];
    const shared = modes
      .filter((mode) => textValue(props, mode) === "host")
      .map((mode) => `${mode} is host: allowed is a namespace of its own, remove ${mode}`);
    const network = records(props, "networksAdvanced").some((each) => textValue(each, "name") === "host")
      ? ["it is on the network host: allowed is a network of the stack"]
      : [];
    return [...shared, ...network];
  },
};
