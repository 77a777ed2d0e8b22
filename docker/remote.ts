/** Set to 1 in the environment of commands about a stack that publishes nothing on its engine's machine: one that a swarm runs. */
export const tunnelVariable = "NITRO_TUNNEL";

/** True where the ports of a stack are not to be had on this machine's loopback: its engine is on another one, or publishes nothing. */
export function isRemote({ host, publishes = true }: { readonly host: string; readonly publishes?: boolean }): boolean {
  return !publishes || !host.startsWith("unix:");
}
