import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bootstrapProblem } from "../../images/debian.ts";
import { buildNetwork, hostCertificates } from "../../images/host.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-host-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test("a company's certificate is added to the system's bundle, each once", async () => {
  const system = file("system.pem", "SYSTEM\n");
  const env = { NODE_EXTRA_CA_CERTS: file("company.pem", "COMPANY\n"), SSL_CERT_FILE: system, PIP_CERT: file("copy.pem", "COMPANY\n") };
  expect(await hostCertificates(env, [system, join(folder, "missing.pem")])).toBe("SYSTEM\n\nCOMPANY\n");
});

test("a host without any bundle has none, and one that is named but missing is not fatal", async () => {
  expect(await hostCertificates({ SSL_CERT_FILE: join(folder, "gone.pem"), CURL_CA_BUNDLE: "" }, [])).toBe("");
  expect(await hostCertificates({ SSL_CERT_FILE: folder }, [])).toBe("");
});

test("the environment's proxies go to the build, in both spellings", () => {
  const env = { HTTP_PROXY: "http://proxy:3128", no_proxy: "localhost", https_proxy: "", OTHER: "x" };
  expect(buildNetwork(env)).toEqual({ proxies: { HTTP_PROXY: "http://proxy:3128", no_proxy: "localhost" } });
});

test.each(["http://127.0.0.1:3128", "localhost:3128", "http://user:pass@[::1]:8080"])("a proxy at %s needs the host's network", (proxy) => {
  expect(buildNetwork({ http_proxy: proxy })).toEqual({ proxies: { http_proxy: proxy }, network: "host" });
});

test("not using a proxy for localhost does not need the host's network", () => {
  expect(buildNetwork({ NO_PROXY: "localhost" }).network).toBeUndefined();
});

test.each([
  [{ platform: "linux", arch: "x64", uid: 0 }, undefined],
  [{ platform: "linux", arch: "x64", uid: 1000 }, "making Debian from its packages needs root"],
  [{ platform: "linux", arch: "arm64", uid: 0 }, "Debian for amd64 cannot be made on this arm64 host"],
  [{ platform: "darwin", arch: "x64", uid: 0 }, "Debian can be made from its packages on Linux only"],
] as const)("%j: %s", (host, problem) => {
  expect(bootstrapProblem("amd64", host)).toBe(problem);
});
