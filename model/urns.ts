import type { Role } from "./names.ts";

/** Type of the component that holds a developer's stack. */
export const stackType = "nitro:stack:Developer";

/**
 * The URN of the container of the service or the worker: what `pulumi up --target` takes.
 * Form: https://www.pulumi.com/docs/iac/concepts/resources/names/#urns
 */
export function containerUrn(stack: string, role: "service" | "worker"): string {
  const component = role === "service" ? "nitro:component:Service" : "nitro:component:Worker";
  return `urn:pulumi:${stack}::nitro::${stackType}$${component}$docker:index/container:Container::${role}-container`;
}

/** The URNs that a swap of the executable replaces, and nothing else. */
export function swapTargets(stack: string, roles: readonly Extract<Role, "service" | "worker">[] = ["service", "worker"]): string[] {
  return roles.map((role) => containerUrn(stack, role));
}
