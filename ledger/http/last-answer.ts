import { STATUS_CODES } from "node:http";
import type { Answer } from "./exchange.ts";

/**
 * An answer as it goes over the wire, after which the connection ends.
 * @param now milliseconds since 1970
 * @param withBody false for HEAD: the length is told, the body left out
 * @returns text whose every character is one byte
 */
export function lastAnswer({ status, headers, body }: Answer, now: number, withBody: boolean): string {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`];
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
  lines.push(`Content-Length: ${body.length}`, `Date: ${new Date(now).toUTCString()}`, "Connection: close", "", withBody ? body : "");
  return lines.join("\r\n");
}
