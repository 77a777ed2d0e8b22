import type { RequestHead } from "./request-head.ts";

/** What Go's transport takes from a connection at once: an answer of so many bytes is read before anything can be closed. */
const readAtOnce = 4096;

/** An answer's head is smaller. */
const headBytes = 512;

/** Within so many milliseconds a client has come to the end of its request's body, even where its threads wait for a processor. */
const endOfBodyMs = 5;

/** Whether a client loses an answer that comes too soon. */
export function isHasty({ userAgent }: RequestHead): boolean {
  return userAgent?.includes("aws-sdk-go-v2/") === true;
}

/**
 * For how long an answer to AWS's SDK for Go has to wait. That SDK closes its request's body as soon as the head of the answer is there; where
 * its transport has written the body, but has not yet looked whether there is more of it, the transport takes this for a failure and closes
 * the connection, with all of the answer that it has not read: https://github.com/aws/aws-sdk-go-v2/issues/2737. QLDB's own answers were
 * never so fast.
 * @param bytes of the answer's body
 * @param readAt when the request was read whole, in milliseconds of the clock
 * @returns milliseconds, 0 for none
 */
export function waitOf(bytes: number, readAt: number, clock: () => number): number {
  return bytes + headBytes <= readAtOnce ? 0 : Math.max(0, Math.ceil(readAt + endOfBodyMs - clock()));
}
