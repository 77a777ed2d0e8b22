import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** What keeps others away from a page's server. */
export interface PageGuard {
  readonly port: number;
  /** Whoever knows it may do what the page does. */
  readonly token: string;
}

export interface AccessRefusal {
  /** The HTTP status. */
  readonly status: 401 | 403;
  readonly message: string;
}

/** Paths below this one tell of the stack, or change it; the others are the page itself, which holds nothing of anybody's. */
export const apiPrefix = "/api/";

/**
 * Whether a request may be answered. Another site's page reaches loopback with its own Origin, or under a name of its own that was made to
 * lead here (then that is the Host); another user of the machine reaches it too, and has no token.
 * @returns what is wrong, or undefined
 */
export function accessRefusal(path: string, headers: IncomingHttpHeaders, { port, token }: PageGuard): AccessRefusal | undefined {
  const { host = "", origin, authorization = "" } = headers;
  // Browsers leave out the port that a scheme has by itself.
  const suffix = port === 80 ? "" : `:${port}`;
  const hosts = [`127.0.0.1${suffix}`, `localhost${suffix}`];
  if (!hosts.includes(host.toLowerCase()))
    return { status: 403, message: `host "${host}" is not this server's: allowed are ${hosts.join(" and ")}` };
  if (origin !== undefined && origin !== `http://${host}`)
    return { status: 403, message: `requests of other sites' pages are refused (Origin ${origin})` };
  if (!path.startsWith(apiPrefix)) return undefined;
  if (same(authorization, `Bearer ${token}`)) return undefined;
  return {
    status: 401,
    message: "the token is missing or another one: open the address that the command has printed, with what follows its #",
  };
}

/** Compares in a time that tells nothing of where two texts differ. */
function same(given: string, wanted: string): boolean {
  const [a, b] = [given, wanted].map((text) => createHash("sha256").update(text).digest()) as [Buffer, Buffer];
  return timingSafeEqual(a, b);
}

/**
 * Of every answer: the page loads and asks nothing but this server, is shown in no other page's frame, and runs no script but its own, which
 * cannot make markup of text.
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};
