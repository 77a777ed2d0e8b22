import type { Policy } from "./policy.ts";
import { containerType, flagValue, isUnknown, numberValue, records, textValue } from "./values.ts";

/** Ports of a stack are for its own machine. */
export const loopback: Policy = {
  name: "loopback-only",
  description: "Ports are published on loopback (127.0.0.1 or ::1) and nowhere else.",
  check({ type, props }) {
    if (type !== containerType) return [];
    const everywhere = flagValue(props, "publishAllPorts") ? ["publishAllPorts publishes every port beyond loopback: remove it"] : [];
    const ports = records(props, "ports").flatMap((port) => {
      const ip = textValue(port, "ip") ?? "";
      if (isUnknown(port, "ip") || isLoopback(ip)) return [];
      const where = ip === "" ? "on every address, as no ip is given" : `on ${ip}`;
      return [`port ${numberValue(port, "internal") ?? "?"} is published ${where}: allowed is ip 127.0.0.1`];
    });
    return [...everywhere, ...ports];
  },
};

function isLoopback(ip: string): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(ip) || ip === "::1";
}
