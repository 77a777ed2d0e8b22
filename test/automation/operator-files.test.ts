import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeTrustFiles } from "../../automation/operator-files.ts";
import { makeAuthority } from "../../common/certificates.ts";
import { testFolder } from "../toolchain/folder.ts";

const count = (text: string, part: string) => text.split(part.trim()).length - 1;

test("the stack's authority alone, and with those that the machine trusts; each once, however often it is written", async () => {
  const folder = testFolder();
  const [authority = "", company = ""] = ["stack", "company"].map((name) => makeAuthority(name, 10, new Date()).certificate);
  writeFileSync(join(folder, "company.pem"), company);
  const target = join(folder, "operators");
  const first = await writeTrustFiles(target, authority, { SSL_CERT_FILE: join(folder, "company.pem") });
  expect(readFileSync(first.authority, "utf8")).toBe(authority);
  const again = await writeTrustFiles(target, authority, { SSL_CERT_FILE: first.bundle });
  expect(again).toEqual(first);
  const bundle = readFileSync(first.bundle, "utf8");
  expect([count(bundle, authority), count(bundle, company)]).toEqual([1, 1]);
  expect([statSync(target).mode & 0o777, statSync(first.bundle).mode & 0o777]).toEqual([0o700, 0o600]);
});
