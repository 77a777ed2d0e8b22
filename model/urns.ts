import type { Role } from "./names.ts";

/** Type of the component that holds a developer's stack. */
export const stackType = "nitro:stack:Developer";

/** The type of a part that a swarm runs. */
export const serviceType = "docker:index/service:Service";

/** What runs the parts of a stack. */
export type Runtime = "container" | "swarm";

/**
 * The URN of the container of the service or the worker: what `pulumi up --target` takes.
 * Form: https://www.pulumi.com/docs/iac/concepts/resources/names/#urns
 */
export function containerUrn(stack: string, role: "service" | "worker", runtime: Runtime): string {
  const component = role === "service" ? "nitro:component:Service" : "nitro:component:Worker";
  const part = runtime === "swarm" ? `${serviceType}::${role}-service` : `docker:index/container:Container::${role}-container`;
  return `urn:pulumi:${stack}::nitro::${stackType}$${component}$${part}`;
}

/** The URNs that a swap of the executable replaces, and nothing else. */
export function swapTargets(
  stack: string,
  roles: readonly Extract<Role, "service" | "worker">[] = ["service", "worker"],
  runtime: Runtime = "container",
): string[] {
  return roles.map((role) => containerUrn(stack, role, runtime));
}
