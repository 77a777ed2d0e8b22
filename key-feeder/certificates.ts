import { join } from "node:path";
import { endsWithin, isFor, isSignedBy, joinedPem, type KeyedCertificate, keyedCertificate } from "../common/keyed-certificate.ts";
import { authorityFile, serverFile } from "./contract.ts";
import { readIfPresent, removeLeftovers, replaceFile } from "./files.ts";
import type { FeederSettings } from "./settings.ts";

const authorityDays = 3650;
/** Before its end so long, no server could have a certificate for its time. */
const authorityRenewedDays = 100;

/** Programs on some systems trust none that is valid for longer than 398 days. */
const serverDays = 90;
const serverRenewedDays = 30;

/** The authority with its key: in the folder that nobody else has. */
const ownFile = "authority.pem";

export interface CertificateFolders extends Pick<FeederSettings, "stack" | "keysDir" | "publicDir"> {
  readonly tls: NonNullable<FeederSettings["tls"]>;
}

export interface KeptCertificates {
  /** The authority's certificate, PEM. */
  readonly authority: string;
  /** What was made anew, and why; servers look at their file by themselves, but Redis. */
  readonly made: readonly string[];
}

/**
 * Keeps the stack's certificate authority, and the certificate that its servers have together: made where there is none, and anew where it nears its
 * end, is damaged, or is not for all of the hosts. The authority's key stays in keysDir.
 */
export async function keepCertificates({ stack, keysDir, publicDir, tls }: CertificateFolders, now: Date): Promise<KeptCertificates> {
  await removeLeftovers(tls.folder);
  const made: string[] = [];
  const { authority, why: whyAuthority } = await keepAuthority(join(keysDir, ownFile), stack, now);
  if (whyAuthority !== undefined) made.push(`certificate authority: ${whyAuthority}`);
  const path = join(tls.folder, serverFile);
  const why = problemOf(await readIfPresent(path), authority.certificate, tls.hosts, now);
  if (why !== undefined) {
    const { makeServerCertificate } = await import("../common/certificates.ts");
    const server = makeServerCertificate(authority, tls.hosts, serverDays, now);
    await replaceFile(path, joinedPem(server), 0o400);
    made.push(`servers' certificate: ${why}`);
  }
  for (const folder of [tls.folder, publicDir]) {
    const told = join(folder, authorityFile);
    if ((await readIfPresent(told)) !== authority.certificate) await replaceFile(told, authority.certificate, 0o444);
  }
  return { authority: authority.certificate, made };
}

async function keepAuthority(path: string, stack: string, now: Date): Promise<{ authority: KeyedCertificate; why?: string }> {
  const text = await readIfPresent(path);
  const kept = text === undefined ? undefined : keyedCertificate(text);
  if (kept !== undefined && !endsWithin(kept.certificate, authorityRenewedDays, now)) return { authority: kept };
  const { makeAuthority } = await import("../common/certificates.ts");
  const authority = makeAuthority(`nitro stack ${stack}`, authorityDays, now);
  await replaceFile(path, joinedPem(authority), 0o600);
  return { authority, why: text === undefined ? "there was none" : kept === undefined ? "it was damaged" : "it nears its end" };
}

/** Why the servers need another certificate; undefined where they need none. Pure. */
function problemOf(text: string | undefined, authority: string, hosts: readonly string[], now: Date): string | undefined {
  if (text === undefined) return "there was none";
  const certificate = keyedCertificate(text)?.certificate;
  if (certificate === undefined) return "it was damaged";
  if (!isSignedBy(certificate, authority)) return "it was of another authority";
  if (endsWithin(certificate, serverRenewedDays, now)) return "it nears its end";
  return isFor(certificate, hosts) ? undefined : "it lacked hosts";
}
