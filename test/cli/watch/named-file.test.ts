import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Lock } from "../../../automation/lock.ts";
import { NamedFile } from "../../../cli/watch/named-file.ts";

let folder = "";
let settingsPath = "";
let holder: Lock | undefined;
let name = "/service/payments";
let later = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-named-"));
  settingsPath = join(folder, "Pulumi.alice.yaml");
  [holder, name, later] = [undefined, "/service/payments", 0];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** @returns looks once more */
function looking(): () => Promise<boolean> {
  const read = async () => name;
  const file = new NamedFile({ settingsPath, holder: async () => holder }, read, () => Date.now() + later);
  return () => file.isOther("/service/payments");
}

function rename(to: string): void {
  name = to;
  writeFileSync(settingsPath, `binary: ${to}`);
}

test("another file is noticed once the settings have been still for some seconds and nobody changes the stack", async () => {
  const look = looking();
  rename("/service/other");
  expect(await look()).toBe(false);
  later = 6_000;
  holder = { pid: 1, username: "ann", hostname: "here", timestamp: "now" };
  expect(await look()).toBe(false);
  holder = undefined;
  expect(await look()).toBe(true);
});

test("settings that name the same file are read once, and again after they were written", async () => {
  const look = looking();
  rename("/service/payments");
  later = 6_000;
  expect(await look()).toBe(false);
  name = "/service/other";
  expect(await look()).toBe(false);
  rename("/service/third");
  expect(await look()).toBe(true);
});

test("where the settings are not there nothing is noticed", async () => {
  later = 6_000;
  name = "/service/other";
  expect(await looking()()).toBe(false);
});
