import { isLoopback, type Listener } from "../docker/listening.ts";
import { variables } from "../key-feeder/contract.ts";

/** Why nobody reaches a service, though it listens. */
export interface ListeningProblem {
  readonly text: string;
  /** True where waiting longer does not mend it: the right port, for nobody. */
  readonly certain: boolean;
}

/**
 * @param listeners what listens inside the container
 * @param port where the service is asked
 * @returns undefined where it can be reached, or nothing listens yet. Pure
 */
export function listeningProblem(listeners: readonly Listener[], port: number): ListeningProblem | undefined {
  const there = listeners.filter((each) => each.port === port);
  if (listeners.length === 0 || there.some(({ address }) => !isLoopback(address))) return undefined;
  const told = `the stack tells it to by ${variables.address}=0.0.0.0:${port}`;
  if (there.length > 0) return { text: `listens on ${shown(there)}: outside its container nobody reaches it; ${told}`, certain: true };
  return { text: `listens on ${shown(listeners)} and not on port ${port}, where it is asked; ${told}`, certain: false };
}

function shown(listeners: readonly Listener[]): string {
  const texts = listeners.map(({ address, port }) => `${address.includes(":") ? `[${address}]` : address}:${port}`);
  return [...new Set(texts)].join(", ");
}
