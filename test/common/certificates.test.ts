import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeAuthority, makeServerCertificate } from "../../common/certificates.ts";
import { endsWithin, isFor, isKeyedCertificate, isSignedBy, joinedPem, keyedCertificate } from "../../common/keyed-certificate.ts";
import { testFolder } from "../toolchain/folder.ts";

const now = new Date("2026-05-01T10:00:00.700Z");
const authority = makeAuthority("an authority", 3650, now);
const hosts = ["localhost", "127.0.0.1", "::1", "ledger.example", "bücher.example", "fe80::a:1%eth0"];
const server = makeServerCertificate(authority, hosts, 90, now);

test("an authority that signs servers and no other authority", () => {
  const certificate = new X509Certificate(authority.certificate);
  expect(certificate.ca).toBe(true);
  expect(certificate.subject).toBe("CN=an authority");
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.validFromDate.toISOString()).toBe("2026-05-01T09:00:00.000Z");
  expect(certificate.validToDate.toISOString()).toBe("2036-04-28T10:00:00.000Z");
  expect(isKeyedCertificate(authority)).toBe(true);
});

test("a server's certificate: signed, for its names and addresses, for its time", () => {
  const certificate = new X509Certificate(server.certificate);
  const issuer = new X509Certificate(authority.certificate);
  expect(certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  for (const name of ["localhost", "ledger.example", "xn--bcher-kva.example"]) expect(certificate.checkHost(name)).toBe(name);
  for (const address of ["127.0.0.1", "::1", "fe80::a:1"]) expect(certificate.checkIP(address)).toBe(address);
  expect([certificate.checkHost("other.example"), certificate.checkIP("127.0.0.2")]).toEqual([undefined, undefined]);
  expect(certificate.validToDate.toISOString()).toBe("2026-07-30T10:00:00.000Z");
  expect(isKeyedCertificate(server)).toBe(true);
  expect(isKeyedCertificate({ ...server, key: authority.key })).toBe(false);
  expect(isKeyedCertificate({ certificate: "none", key: "none" })).toBe(false);
});

test("OpenSSL takes both by the strict rules of RFC 5280", () => {
  const folder = testFolder();
  writeFileSync(join(folder, "ca.pem"), authority.certificate);
  writeFileSync(join(folder, "server.pem"), server.certificate);
  const time = String(now.getTime() / 1000 + 10).replace(/\..*/, "");
  const args = ["verify", "-x509_strict", "-attime", time, "-purpose", "sslserver", "-CAfile", "ca.pem"];
  expect(execFileSync("openssl", [...args, "-verify_ip", "::1", "server.pem"], { cwd: folder, encoding: "utf8" })).toBe("server.pem: OK\n");
  expect(() => execFileSync("openssl", [...args, "-verify_ip", "::2", "server.pem"], { cwd: folder, stdio: "pipe" })).toThrow("mismatch");
});

test("a server's certificate ends with its authority at the latest", () => {
  const old = makeAuthority("old", 20, now);
  const certificate = new X509Certificate(makeServerCertificate(old, ["localhost"], 90, now).certificate);
  expect(certificate.validToDate).toEqual(new X509Certificate(old.certificate).validToDate);
});

test("how near an end is", () => {
  expect(endsWithin(server.certificate, 89, now)).toBe(false);
  expect(endsWithin(server.certificate, 91, now)).toBe(true);
  expect(endsWithin(server.certificate, 0, new Date("2026-07-30T10:00:01Z"))).toBe(true);
});

test("one text holds both, and tells what is not whole", () => {
  expect(keyedCertificate(joinedPem(server))).toEqual(server);
  for (const text of ["", server.key, server.certificate, joinedPem({ ...server, key: authority.key }), joinedPem(server).slice(0, -100)])
    expect(keyedCertificate(text)).toBeUndefined();
});

test("whose a certificate is, and for whom", () => {
  expect(isSignedBy(server.certificate, authority.certificate)).toBe(true);
  expect(isSignedBy(server.certificate, makeAuthority("an authority", 3650, now).certificate)).toBe(false);
  expect(isFor(server.certificate, ["127.0.0.1", "::1", "ledger.example"])).toBe(true);
  for (const host of ["127.0.0.2", "::2", "example", "*.example"]) expect(isFor(server.certificate, ["localhost", host])).toBe(false);
  const wild = makeServerCertificate(authority, ["*.s3.localhost"], 90, now).certificate;
  expect([isFor(wild, ["*.s3.localhost"]), isFor(wild, ["a.s3.localhost"])]).toEqual([true, false]);
});
