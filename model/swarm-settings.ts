import { parseFileMount } from "./file-mounts.ts";
import type { Ulimit } from "./limit-settings.ts";

/** What of a stack's settings a swarm has to be able to do. */
interface SwarmSettings {
  readonly runtime: "container" | "swarm";
  readonly swap: { readonly mode: string };
  readonly ledger: { readonly mode: string };
  readonly service: RoleSettings;
  readonly worker: RoleSettings;
}

interface RoleSettings {
  readonly files: readonly string[];
  readonly writable: readonly string[];
  readonly ulimits: readonly Ulimit[];
}

/**
 * Settings that a swarm cannot keep: its nodes see no file of this machine, and the plugin that declares services knows no limits of processes.
 * @returns each with the path of the setting and what is allowed
 */
export function swarmProblems(settings: SwarmSettings): { path: readonly string[]; message: string }[] {
  if (settings.runtime !== "swarm") return [];
  const problems: { path: readonly string[]; message: string }[] = [];
  if (settings.swap.mode === "mount")
    problems.push({
      path: ["swap", "mode"],
      message: "with runtime swarm allowed are image, auto: other nodes see no file of this machine",
    });
  if (settings.ledger.mode === "aws")
    problems.push({
      path: ["ledger", "mode"],
      message: "with runtime swarm allowed is local: nodes do not share the file of your credentials",
    });
  for (const role of ["service", "worker"] as const) {
    const { files, writable, ulimits } = settings[role];
    if (files.length > 0)
      problems.push({
        path: [role, "files"],
        message: "with runtime swarm allowed is an empty list: put the files into an image, service.image",
      });
    if (writable.some((entry) => parseFileMount(entry).source !== ""))
      problems.push({ path: [role, "writable"], message: "with runtime swarm allowed are folders in memory, such as /var/cache" });
    if (ulimits.length > 0)
      problems.push({
        path: [role, "ulimits"],
        message: "with runtime swarm allowed is {}: set them for the nodes' engines (default-ulimits)",
      });
  }
  return problems;
}
