import type * as pulumi from "@pulumi/pulumi";
import type { Role, StackNames } from "../model/names.ts";
import { labels, type PublishedRole } from "../model/names.ts";

/** How to find out that a container answers: a command inside it that exits with 0. */
export interface HealthCheck {
  readonly command: readonly string[];
}

/** What every component of a stack needs to know about the stack. */
export interface StackContext {
  readonly names: StackNames;
  readonly ports: Readonly<Record<PublishedRole, number>>;
  readonly owner: string;
  /**
   * Resolves once the container answers; rejects as soon as it exits, with its last log lines.
   * In a dry run, where nothing starts, it resolves at once.
   * @param role whose container it is
   * @param id the container's id, known once it has been started
   */
  readonly healthy: (role: Role, id: pulumi.Output<string>, check: HealthCheck) => Promise<void>;
}

/** Labels by which the stack's containers, networks and volumes are found. */
export function resourceLabels(context: StackContext, role: Role | "network"): { label: string; value: string }[] {
  return [
    { label: labels.stack, value: context.names.stack },
    { label: labels.role, value: role },
    { label: labels.owner, value: context.owner },
  ];
}
