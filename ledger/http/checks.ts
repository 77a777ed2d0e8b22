import { isIP } from "node:net";
import type { RequestHead } from "./request-head.ts";

/**
 * Whether a request may be meant for this server. A web page in the developer's browser can reach loopback, but only with its own Origin,
 * or under a public name that was made to point here; and it cannot sign.
 * @returns what is wrong, or undefined
 */
export function requestProblem({ host, origin, authorization }: RequestHead, hosts: Hosts): string | undefined {
  const problem = hosts.problem(host);
  if (problem !== undefined) return problem;
  if (origin !== undefined) return "requests of web pages are refused (header Origin)";
  if (authorization?.startsWith("AWS4-HMAC-SHA256 ") !== true) {
    return "the request is not signed: header Authorization has to begin with AWS4-HMAC-SHA256 (any AWS SDK does that, with any credentials)";
  }
  return undefined;
}

/** Whom requests may be addressed to. Clients mostly use one name: the last one that was fine is not looked at again. */
export class Hosts {
  private readonly allowed: ReadonlySet<string>;
  private lastFine: string | undefined;

  /** @param names with a dot that are fine, too */
  constructor(names: readonly string[]) {
    this.allowed = new Set(names.map((name) => name.toLowerCase()));
  }

  /** @param header Host, as it was sent. @returns what is wrong, or undefined */
  problem(header: string | undefined): string | undefined {
    if (header !== undefined && header === this.lastFine) return undefined;
    const problem = hostProblem(header, this.allowed);
    if (problem === undefined) this.lastFine = header;
    return problem;
  }
}

/** Addresses, names without a dot and *.localhost are fine: no public name can be one. */
function hostProblem(header: string | undefined, allowedHosts: ReadonlySet<string>): string | undefined {
  const name = (header ?? "")
    .toLowerCase()
    .replace(/:\d+$/, "")
    .replace(/^\[(.*)\]$/, "$1");
  if (name !== "" && (!name.includes(".") || isIP(name) !== 0 || name.endsWith(".localhost") || allowedHosts.has(name))) return undefined;
  return `host "${header ?? ""}" is not one of this server's: use 127.0.0.1, localhost, or name it in LEDGER_HOSTS`;
}
