import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bringsExecutable, configure, mustBePlain } from "../../automation/configured.ts";

let root = "";
const secret = "\n    secure: v1:abc:def\n";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nitro-configured-"));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

async function configured(config: string) {
  writeFileSync(join(root, "Pulumi.alice.yaml"), config === "" ? "" : `config:\n${config}`);
  return await configure("alice", { root, env: {} }, { files: [] });
}

test("the program takes over what was read whole, and reads for itself what only pulumi can", async () => {
  const whole = await configured("  nitro:bootstrap: manual\n");
  expect(whole.forProgram?.settings).toBe(whole.settings);
  expect((await configured(`  nitro:bootstrap:${secret}`)).forProgram).toBeUndefined();
});

test("an encrypted executable is one that the settings bring", async () => {
  expect(bringsExecutable(await configured(""))).toBe(false);
  expect(bringsExecutable(await configured("  nitro:service:\n    binary: payments\n"))).toBe(true);
  expect(bringsExecutable(await configured("  nitro:service:\n    image: payments\n"))).toBe(true);
  expect(bringsExecutable(await configured(`  nitro:service:${secret}`))).toBe(true);
  expect(bringsExecutable(await configured("  nitro:service:\n    env:\n      KEY:\n        secure: v1:abc:def\n"))).toBe(false);
});

test("a command that has to know an encrypted setting says so", async () => {
  const it = await configured(`  nitro:build:${secret}`);
  expect(() => mustBePlain(it, "service", "build")).toThrow(/^nitro:build is encrypted in .*Pulumi\.alice\.yaml/);
  expect(() => mustBePlain(it, "service", "authorization")).not.toThrow();
});
