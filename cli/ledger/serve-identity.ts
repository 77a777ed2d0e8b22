import { hostname, networkInterfaces } from "node:os";
import { makeServerCertificate } from "../../common/certificates.ts";
import { endsWithin } from "../../common/keyed-certificate.ts";
import type { ServerIdentity } from "../../ledger/http/tls-door.ts";
import { keepAuthority } from "../../toolchain/authority.ts";

/** Programs on some systems trust none that is valid for longer than 398 days. */
const certificateDays = 90;
const renewedBeforeDays = 30;

const hourMs = 3_600_000;

export interface KeeperOptions {
  /** Addresses and names that clients may know the server by. */
  readonly hosts: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => Date;
}

/** Keeps a server's certificate from ending while the server runs. Its key is in memory alone: each start makes one. */
export class IdentityKeeper {
  private readonly options: KeeperOptions;
  private current: ServerIdentity;

  private constructor(options: KeeperOptions, first: ServerIdentity) {
    this.options = options;
    this.current = first;
  }

  /** @throws UserError for an authority whose file is damaged */
  static async start(options: KeeperOptions): Promise<IdentityKeeper> {
    return new IdentityKeeper(options, await sign(options));
  }

  get identity(): ServerIdentity {
    return this.current;
  }

  /** Makes it anew where it nears its end. */
  async renew(): Promise<void> {
    const { options, current } = this;
    if (endsWithin(current.certificate, renewedBeforeDays, options.now())) this.current = await sign(options);
  }

  /** Looks every hour, which a machine's sleep only puts off. @returns what ends it */
  watch(log: (message: string) => void): () => void {
    const failed = (error: unknown) => log(`the certificate was not made anew: ${error instanceof Error ? error.message : String(error)}`);
    const timer = setInterval(() => void this.renew().catch(failed), hourMs);
    return () => clearInterval(timer);
  }
}

/** Whom a server on an address may be asked for. @param further names that it takes requests for, too */
export function hostsOf(host: string, further: readonly string[]): string[] {
  const everywhere = host === "0.0.0.0" || host === "::";
  const own = everywhere ? [hostname(), ...addresses()] : [host];
  return [...new Set(["localhost", "127.0.0.1", "::1", ...own, ...further])];
}

function addresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
}

async function sign({ hosts, env, now }: KeeperOptions): Promise<ServerIdentity> {
  const time = now();
  return makeServerCertificate(await keepAuthority(env, time), hosts, certificateDays, time);
}
