import { connect } from "node:net";
import type { Duplex } from "node:stream";

/**
 * Joins a connection of the tunnel with a TCP connection. An end of one side is passed on, so that half-closed connections work; a failure
 * of one destroys the other.
 */
export function join(one: Duplex, other: Duplex): void {
  one.pipe(other);
  other.pipe(one);
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on("error", () => to.destroy());
    from.once("close", () => {
      if (!from.readableEnded || !from.writableFinished) to.destroy();
    });
  }
}

/** Connects a connection of the tunnel to its target. @param target host:port */
export function relay(target: string, connection: Duplex): void {
  const colon = target.lastIndexOf(":");
  const socket = connect({ host: target.slice(0, colon), port: Number(target.slice(colon + 1)), allowHalfOpen: true, noDelay: true });
  join(connection, socket);
}
