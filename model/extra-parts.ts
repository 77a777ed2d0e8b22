import { publishedRoles, roles } from "./names.ts";

/** What a stack has under such names already, or another stack: `feeder` of stack `x-key` would be the key-feeder of stack `x`. */
const reserved: readonly string[] = [...roles, "network", "keys", "pubkeys", "credentials", "tls", "feeder"];

const partName = /^[a-z][a-z0-9]{0,19}$/;

/**
 * Checks the name of a part of a team's own. Without hyphens no name of one stack meets one of another.
 * @returns the problem as a sentence, or undefined where the name is fine
 */
export function extraNameProblem(name: string): string | undefined {
  if (reserved.includes(name)) return `a part of a team's own cannot be named "${name}": the stack has one`;
  if (partName.test(name)) return undefined;
  return `a part of a team's own cannot be named "${name}": allowed are up to 20 lower-case letters and digits, the first a letter`;
}

/** Ports that are kept for parts of a team's own. */
export type ExtraPorts = readonly [number, number, number, number, number, number];

/** A stack has ten ports, and its own parts the first of them. @param base the stack's first port */
export function extraPorts(base: number): ExtraPorts {
  const first = base + publishedRoles.length;
  return [first, first + 1, first + 2, first + 3, first + 4, first + 5];
}
