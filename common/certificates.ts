import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";
import type { KeyedCertificate } from "./keyed-certificate.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Clocks of containers and virtual machines may be behind by so much. */
const earlierMs = hourMs;

/** RFC 5758, section 3.2. Its parameters are absent. */
const ecdsaWithSha256 = "1.2.840.10045.4.3.2";

/** RFC 5280, section A.1. */
const commonName = "2.5.4.3";

interface Contents {
  readonly subject: Name;
  readonly publicKey: KeyObject;
  readonly issuer: { readonly name: Name; readonly key: KeyObject };
  readonly from: Date;
  readonly until: Date;
  readonly extensions: readonly Extension[];
}

/**
 * Makes a certificate authority: a key on P-256, and a certificate that it has signed itself. It signs servers' certificates and no other
 * authority's.
 * @param name what lists of authorities show
 * @param days how long it is valid
 */
export function makeAuthority(name: string, days: number, now: Date): KeyedCertificate {
  const { publicKey, privateKey } = keyPair();
  const subject = nameOf(name);
  const extensions = [
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: true, pathLenConstraint: 0 }), true),
    extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign), true),
    extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyId(publicKey))),
  ];
  const certificate = certify({ subject, publicKey, issuer: { name: subject, key: privateKey }, extensions, ...validity(days, now) });
  return { certificate, key: pem(privateKey) };
}

/**
 * Makes a server's key and its certificate, which ends with that of the authority at the latest.
 * @param hosts addresses and names that clients may know the server by; the first one is shown
 * @param days how long it is valid
 */
export function makeServerCertificate(authority: KeyedCertificate, hosts: readonly string[], days: number, now: Date): KeyedCertificate {
  const { publicKey, privateKey } = keyPair();
  const { raw, publicKey: issuerKey, validToDate } = new X509Certificate(authority.certificate);
  const issuer = { name: AsnConvert.parse(raw, Certificate).tbsCertificate.subject, key: createPrivateKey(authority.key) };
  const { from, until } = validity(days, now);
  const extensions = [
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: false }), true),
    extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature), true),
    extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth])),
    extension(id_ce_subjectAltName, new SubjectAlternativeName(hosts.map(generalName))),
    extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyId(publicKey))),
    extension(id_ce_authorityKeyIdentifier, new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(keyId(issuerKey)) })),
  ];
  const subject = nameOf(hosts[0] ?? "localhost");
  const certificate = certify({ subject, publicKey, issuer, from, until: until < validToDate ? until : validToDate, extensions });
  return { certificate, key: pem(privateKey) };
}

function certify({ subject, publicKey, issuer, from, until, extensions }: Contents): string {
  const signatureAlgorithm = new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 });
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: serialNumber(),
    signature: signatureAlgorithm,
    issuer: issuer.name,
    validity: new Validity({ notBefore: from, notAfter: until }),
    subject,
    subjectPublicKeyInfo: AsnConvert.parse(publicKey.export({ type: "spki", format: "der" }), SubjectPublicKeyInfo),
    extensions: new Extensions([...extensions]),
  });
  const signatureValue = bytes(sign("sha256", Buffer.from(AsnConvert.serialize(tbsCertificate)), issuer.key));
  const whole = new Certificate({ tbsCertificate, signatureAlgorithm, signatureValue });
  return new X509Certificate(Buffer.from(AsnConvert.serialize(whole))).toString();
}

function keyPair(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync("ec", { namedCurve: "prime256v1" });
}

function pem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

/** RFC 5280, section 4.1.2.2: positive, of at most 20 bytes, and never the same twice. */
function serialNumber(): ArrayBuffer {
  const number = randomBytes(16);
  number[0] = ((number[0] ?? 0) & 0x3f) | 0x40;
  return bytes(number);
}

/** RFC 5280, section 4.2.1.2, of the whole public key. */
function keyId(key: KeyObject): ArrayBuffer {
  return bytes(
    createHash("sha1")
      .update(key.export({ type: "spki", format: "der" }))
      .digest(),
  );
}

function nameOf(text: string): Name {
  const value = new AttributeValue({ utf8String: text });
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: commonName, value })])]);
}

/** An address may name an interface of this machine, which no certificate does. */
function generalName(host: string): GeneralName {
  const address = host.replace(/%.*$/, "");
  return isIP(address) === 0 ? new GeneralName({ dNSName: domainToASCII(host) || host }) : new GeneralName({ iPAddress: address });
}

function extension(extnID: string, value: unknown, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

/** Certificates count whole seconds. */
function validity(days: number, now: Date): { from: Date; until: Date } {
  const second = Math.floor(now.getTime() / 1000) * 1000;
  return { from: new Date(second - earlierMs), until: new Date(second + days * dayMs) };
}

function bytes(buffer: Buffer): ArrayBuffer {
  return new Uint8Array(buffer).buffer;
}
