import type { Finding } from "../policies/policy.ts";

export type Operation = "replace" | "create" | "update" | "delete";

/** How one input of a resource changes. */
export interface Difference {
  /** Such as `command`, or `labels nitro.executable`. */
  readonly property: string;
  /** Undefined where it was, or is, not there. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** The resource is replaced because of it. */
  readonly replaces: boolean;
}

/** What happens to one resource. */
export interface ResourceChange {
  readonly operation: Operation;
  readonly type: string;
  readonly name: string;
  readonly differences: readonly Difference[];
}

/** What a preview tells, whatever it was made from. */
export interface Report {
  /** Such as "stack alice". */
  readonly title: string;
  readonly changes: readonly ResourceChange[];
  readonly unchanged: number;
  /** Policies that are broken afterwards. */
  readonly findings: readonly Finding[];
}

/** Replacements come first: they are what a reviewer looks for. */
export const operations: readonly Operation[] = ["replace", "create", "update", "delete"];

export function countOf(report: Report, operation: Operation): number {
  return report.changes.filter((change) => change.operation === operation).length;
}

/** @returns `docker:index/container:Container` as "container" */
export function kindOf(type: string): string {
  const kinds: Readonly<Record<string, string>> = { RemoteImage: "image", RandomPassword: "password" };
  const last = type.split(":").at(-1) ?? type;
  return kinds[last] ?? last.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}
