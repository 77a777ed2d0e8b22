import { X509Certificate } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { expect, test } from "vitest";
import { isSignedBy } from "../../common/keyed-certificate.ts";
import { keepCertificates } from "../../key-feeder/certificates.ts";
import { testFolder } from "../toolchain/folder.ts";

const now = new Date();
const days = (count: number) => new Date(now.getTime() + count * 86_400_000);
const hosts = ["localhost", "127.0.0.1", "*.s3.localstack"];

function own() {
  const folder = testFolder();
  const [keysDir, publicDir, tls] = ["keys", "public", "tls"].map((name) => join(folder, name)) as [string, string, string];
  for (const each of [keysDir, publicDir, tls]) mkdirSync(each);
  const keep = (at = now, wanted: readonly string[] = hosts) =>
    keepCertificates({ stack: "alice", keysDir, publicDir, tls: { folder: tls, hosts: wanted } }, at);
  const server = () => readFileSync(join(tls, "server.pem"), "utf8");
  return { keysDir, publicDir, tls, keep, server };
}

test("made once: the authority's key stays with the keys, servers get one file, everybody may have the authority's certificate", async () => {
  const { keysDir, publicDir, tls, keep, server } = own();
  const { authority, made } = await keep();
  expect(made).toEqual(["certificate authority: there was none", "servers' certificate: there was none"]);
  expect(isSignedBy(server(), authority)).toBe(true);
  expect(new X509Certificate(server()).checkHost("a.s3.localstack")).toBe("*.s3.localstack");
  // Servers read both from the one file.
  createSecureContext({ cert: server(), key: server() });
  for (const folder of [tls, publicDir]) expect(readFileSync(join(folder, "ca.pem"), "utf8")).toBe(authority);
  const mode = (path: string) => statSync(path).mode & 0o777;
  expect([mode(join(keysDir, "authority.pem")), mode(join(tls, "server.pem")), mode(join(tls, "ca.pem"))]).toEqual([0o600, 0o400, 0o444]);
  expect([readdirSync(keysDir), readdirSync(tls).sort(), readdirSync(publicDir)]).toEqual([
    ["authority.pem"],
    ["ca.pem", "server.pem"],
    ["ca.pem"],
  ]);
  const before = server();
  expect(await keep(days(59))).toEqual({ authority, made: [] });
  expect(server()).toBe(before);
});

test("a server's certificate is renewed 30 days before its end, by the same authority", async () => {
  const { keep, server } = own();
  const { authority } = await keep();
  const before = server();
  expect(await keep(days(61))).toEqual({ authority, made: ["servers' certificate: it nears its end"] });
  expect(server()).not.toBe(before);
  expect(new X509Certificate(server()).validToDate.getTime()).toBeGreaterThan(days(150).getTime());
});

test("the authority is renewed while it can still sign for a server's whole time, and the server's with it", async () => {
  const { keep, server, tls } = own();
  const first = await keep();
  const second = await keep(days(3560));
  expect(second.made).toEqual(["certificate authority: it nears its end", "servers' certificate: it was of another authority"]);
  expect(second.authority).not.toBe(first.authority);
  expect(isSignedBy(server(), second.authority)).toBe(true);
  expect(readFileSync(join(tls, "ca.pem"), "utf8")).toBe(second.authority);
});

test("another one where it lacks a host, and none where it has more than it needs", async () => {
  const { keep } = own();
  await keep();
  expect((await keep(now, [...hosts, "ledger"])).made).toEqual(["servers' certificate: it lacked hosts"]);
  expect((await keep(now, hosts)).made).toEqual([]);
});

test("what a crash or a hand has damaged is made anew", async () => {
  const { keep, keysDir, tls } = own();
  await keep();
  writeFileSync(join(keysDir, "authority.pem"), "half");
  writeFileSync(join(tls, ".incoming-1"), "half");
  expect((await keep()).made).toEqual(["certificate authority: it was damaged", "servers' certificate: it was of another authority"]);
  expect(readdirSync(tls).sort()).toEqual(["ca.pem", "server.pem"]);
});
