import { createPrivateKey, X509Certificate } from "node:crypto";
import { isIP } from "node:net";

/** A certificate and the key that belongs to it, both PEM. */
export interface KeyedCertificate {
  readonly certificate: string;
  /** PKCS #8 */
  readonly key: string;
}

const dayMs = 86_400_000;

/** Both in one text, as files keep them. */
export function joinedPem({ key, certificate }: KeyedCertificate): string {
  return key + certificate;
}

/** Takes apart what joinedPem made. @returns undefined for what are no certificate and its key */
export function keyedCertificate(text: string): KeyedCertificate | undefined {
  const begin = Math.max(text.indexOf("-----BEGIN CERTIFICATE-----"), 0);
  const found = { key: text.slice(0, begin), certificate: text.slice(begin) };
  return isKeyedCertificate(found) ? found : undefined;
}

/** Whether these are a certificate and its key. */
export function isKeyedCertificate({ certificate, key }: KeyedCertificate): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** Whether a certificate is over in so many days, or is over already. @throws Error for what is no certificate */
export function endsWithin(certificate: string, days: number, now: Date): boolean {
  return new X509Certificate(certificate).validToDate.getTime() - now.getTime() < days * dayMs;
}

/** Whether an authority has signed a certificate. @throws Error for what is no certificate */
export function isSignedBy(certificate: string, authority: string): boolean {
  const [signed, issuer] = [new X509Certificate(certificate), new X509Certificate(authority)];
  return signed.checkIssued(issuer) && signed.verify(issuer.publicKey);
}

/** Whether a certificate names all of these addresses and names; one with a star has to be in it as it is. @throws Error for what is no certificate */
export function isFor(certificate: string, hosts: readonly string[]): boolean {
  const found = new X509Certificate(certificate);
  const names = new Set(found.subjectAltName?.split(", "));
  return hosts.every((host) => (isIP(host) === 0 ? names.has(`DNS:${host}`) : found.checkIP(host) !== undefined));
}
